/** Where a secret comes from. The value itself never stands in a configuration. */
export type SecretRef = { readonly env: string } | { readonly file: string };

const MASK = '[redacted]';

/**
 * Makes a function that replaces every known secret in a text. Values shorter than four characters are left alone:
 * replacing them would garble everything and hide nothing.
 */
export function makeRedactor(secrets: Iterable<string>): (text: string) => string {
  const values = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < 4) continue;
    values.add(secret);
    values.add(encodeURIComponent(secret));
    values.add(JSON.stringify(secret).slice(1, -1));
  }
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((result, secret) => result.replaceAll(secret, MASK), text);
}
