/** What a keyring file may hold. 10,000 secrets take about 6 MB; a full file of the largest secrets does not fit. */
export const limits = {
  fileBytes: 64 * 2 ** 20,
  secretBytes: 64 * 2 ** 10,
  secrets: 20_000,
  labelCharacters: 200,
} as const
