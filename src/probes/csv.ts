/** Fields of one CSV line; a field may stand in double quotes, with `""` for a quote in it. Never throws: an open quote ends with the line. */
export function csvFields(line: string): readonly string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (quoted) {
      if (char !== '"') field += char;
      else if (line.charAt(at + 1) === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ',') {
      fields.push(field);
      field = '';
    } else field += char;
  }
  return [...fields, field];
}
