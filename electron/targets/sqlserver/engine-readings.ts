import type { ErrorCode } from '../../../shared/errors/catalogue.ts'

/**
 * Numbers whose meaning needs no more than the server's own words beside it: `sqlserver.md` 3.1. What is left out of it,
 * and why, is in the test of these numbers.
 */
export const toldInItsWords: readonly (readonly [ErrorCode, readonly number[]])[] = [
  ['sql-subject-length', [15212]],
  ['sql-no-private-key', [15246, 15342, 15563]],
  ['sql-key-under-password', [15334, 15397, 15556]],
  ['sql-key-not-for-server', [33101]],
  ['sql-key-file-data', [15297, 15299, 15464]],
  ['sql-still-used', [15352, 15580, 33127]],
  ['sql-key-damaged', [15507, 15508, 33094, 33095, 33096]],
  ['sql-copy-exists', [15579]],
  ['sql-in-transaction', [3021]],
  ['sql-media-not-fresh', [3095, 3097, 3098]],
  ['sql-database-in-use', [3101, 3102]],
  ['sql-restore-over', [3141, 3142, 3154, 3156, 3159, 5133]],
  ['sql-restore-order', [3117, 3118, 3136, 4305, 4326, 4330]],
  ['sql-stripes-missing', [3132, 3133]],
  ['sql-newer-version', [948, 3169]],
  ['sql-no-checksums', [3187]],
  ['tde-database-refused', [33102, 33118, 33119]],
  ['tde-key-in-use', [33105]],
  ['tde-already', [33107, 33108]],
  ['tde-key-damaged', [33126]],
  ['tde-algorithm', [33128, 33175]],
]
