import ts from 'typescript';

/** One import, export-from, dynamic import or import type. */
export interface ImportStatement {
  readonly specifier: string;
  readonly line: number;
  /** Names that exist at run time; `all` for a namespace, a default, a side effect or a dynamic import. Empty: types only. */
  readonly values: 'all' | readonly string[];
}

/** A global that is used: `Date`, `process.env`, with as much of the dotted name as stands there. */
export interface GlobalUse {
  readonly name: string;
  readonly line: number;
}

export interface Parsed {
  readonly imports: readonly ImportStatement[];
  readonly globals: readonly GlobalUse[];
}

/** Reads a TypeScript file with the compiler's own parser: comments and texts cannot be taken for code. */
export function parseSource(path: string, text: string): Parsed {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineOf = (node: ts.Node): number => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  const imports: ImportStatement[] = [];
  const globals: GlobalUse[] = [];
  const bindings = collectBindings(source);
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, line: lineOf(node) });
    if (ts.isIdentifier(node) && isReference(node) && !isBound(node, bindings))
      globals.push({ name: dottedName(node), line: lineOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { imports, globals };
}

function importOf(node: ts.Node): Omit<ImportStatement, 'line'> | undefined {
  if (ts.isImportDeclaration(node))
    return { specifier: textOf(node.moduleSpecifier), values: importedValues(node.importClause) };
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: textOf(node.moduleSpecifier), values: exportedValues(node) };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: textOf(node.arguments[0]), values: 'all' };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return { specifier: textOf(node.argument.literal), values: [] };
  return undefined;
}

function importedValues(clause: ts.ImportClause | undefined): ImportStatement['values'] {
  if (clause === undefined) return 'all';
  if (clause.isTypeOnly) return [];
  const named = clause.namedBindings;
  if (clause.name !== undefined || named === undefined || !ts.isNamedImports(named)) return 'all';
  return named.elements.filter((one) => !one.isTypeOnly).map((one) => (one.propertyName ?? one.name).text);
}

function exportedValues(node: ts.ExportDeclaration): ImportStatement['values'] {
  if (node.isTypeOnly) return [];
  if (node.exportClause === undefined || !ts.isNamedExports(node.exportClause)) return 'all';
  return node.exportClause.elements.filter((one) => !one.isTypeOnly).map((one) => (one.propertyName ?? one.name).text);
}

/** A computed specifier hides what is imported: it is shown as it stands and matches no rule. */
function textOf(node: ts.Node | undefined): string {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : `(computed: ${node?.getText() ?? ''})`;
}

/** False for names that only label something: `clock.Date`, `{ Date: 1 }`, `type Date = …`. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isBindingElement(parent)) {
    return ts.isBindingElement(parent) && parent.initializer === node;
  }
  return !('name' in parent && parent.name === node);
}

function dottedName(node: ts.Identifier): string {
  const { parent } = node;
  return ts.isPropertyAccessExpression(parent) && parent.expression === node
    ? `${node.text}.${parent.name.text}`
    : node.text;
}

/** Where each declared name is known: a parameter or a variable called `process` is not the global of that name. */
function collectBindings(source: ts.SourceFile): Map<string, Set<ts.Node>> {
  const scopes = new Map<string, Set<ts.Node>>();
  const visit = (node: ts.Node): void => {
    const name = declaredName(node);
    if (name !== undefined) scopes.set(name, (scopes.get(name) ?? new Set()).add(scopeOf(node)));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return scopes;
}

function declaredName(node: ts.Node): string | undefined {
  const declares =
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node) ||
    ts.isNamespaceImport(node);
  return declares && node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : undefined;
}

function scopeOf(declaration: ts.Node): ts.Node {
  let node = declaration.parent;
  while (!ts.isSourceFile(node) && !ts.isBlock(node) && !ts.isFunctionLike(node) && !isLoop(node)) node = node.parent;
  return node;
}

function isLoop(node: ts.Node): boolean {
  return ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isForInStatement(node);
}

function isBound(node: ts.Identifier, bindings: Map<string, Set<ts.Node>>): boolean {
  const scopes = bindings.get(node.text);
  if (scopes === undefined) return false;
  for (let one: ts.Node | undefined = node; one !== undefined; one = one.parent) if (scopes.has(one)) return true;
  return false;
}
