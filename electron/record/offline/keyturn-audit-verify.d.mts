/** Checks the lines of an exported record; what the script does with a file, for tests and benchmarks. */
export function verifyExport(
  lines: Iterable<string>,
  wish: { key: string; anchors?: string[]; countersigner?: string | null },
): { code: 0 | 1 | 2; entry: number | null; lines: string[] }
