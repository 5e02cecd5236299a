const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'] as const;

/** `10 MiB`, `1.5 KiB`, `12 bytes`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  return `${Number((bytes / 1_024 ** power).toFixed(1))} ${UNITS[power]}`;
}
