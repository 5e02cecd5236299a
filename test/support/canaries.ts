/** A value a field; what makes encodings differ stands in the longer ones. */
export const SECRETS = {
  A_PASSWORD: 'Zq7-a"Rt5wLm8\\pass/ü 1',
  A_MONITOR: 'monitor&pass<2>wKx9',
  B_PASSWORD: 'redisPASSxx3kQ8vTz',
  C_ACCESS: 'AKIACANARYACCESSKEY4',
  C_SECRET: 'c+secret/key=5?dWm2Lp',
  E_PASSWORD: 'rabbit%20pass#6hNf',
} as const;

/** A secret as somebody careless would write it, each time another one in another way. */
export function careless(): () => string {
  let calls = 0;
  const ways: readonly ((secret: string) => string)[] = [
    (secret) => `password authentication failed, password=${secret}`,
    (secret) => JSON.stringify({ request: { password: secret }, ok: false }),
    (secret) => `GET http://h/?token=${encodeURIComponent(secret)}&x=1`,
    (secret) => `Authorization: Basic ${Buffer.from(`u:${secret}`).toString('base64')}`,
    (secret) => `Authorization: Basic ${Buffer.from(`user:${secret}`).toString('base64url')}`,
    (secret) => `\u001b[31m${secret}\u001b[0m\u202e and ${secret.slice(0, 5)}\u200b${secret.slice(5)}`,
    // Cut to size by whoever keeps only the beginning of a text.
    ...[190, 290, 195, 295].map((size) => (secret: string) => `${'x'.repeat(size)} ${secret} tail`),
  ];
  const secrets = Object.values(SECRETS);
  return () => {
    calls += 1;
    const way = ways[calls % ways.length] ?? String;
    return way(secrets[(calls * 7) % secrets.length] ?? '');
  };
}

/** Every stretch of a secret and of its encodings that would give something away. */
export function canaries(): readonly string[] {
  const stretches = new Set<string>();
  for (const secret of Object.values(SECRETS)) {
    const forms = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      ...['', 'u:', 'user:'].map((before) =>
        Buffer.from(before + secret)
          .toString('base64url')
          .slice(8, -3),
      ),
      ...['', 'u:', 'user:'].map((before) =>
        Buffer.from(before + secret)
          .toString('base64')
          .slice(8, -4),
      ),
    ];
    for (const form of forms) {
      for (let at = 0; at + 8 <= form.length; at += 1) stretches.add(form.slice(at, at + 8));
    }
  }
  return [...stretches];
}
