/** Internal version of a database by major version of the server that wrote it last. */
export const DATABASE_VERSIONS: Readonly<Record<number, number>> = {
  13: 852,
  14: 869,
  15: 904,
  16: 957,
  17: 998,
}
