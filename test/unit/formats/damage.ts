import { KeyturnError } from '../../../shared/errors/problem.ts'

/** The catalogue code of what `work` throws; anything else than a KeyturnError, or no error at all, fails the test. */
export const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof KeyturnError) return error.code
    throw error
  }
  return 'accepted'
}

/** How often each answer came, over every single-bit change of `bytes`. */
export const answersToEveryFlip = (
  bytes: Buffer,
  read: (damaged: Buffer) => unknown,
): Map<string, number> => {
  const answers = new Map<string, number>()
  const damaged = Buffer.from(bytes)
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const at = bit >> 3
    const original = damaged.readUInt8(at)
    damaged.writeUInt8(original ^ (1 << (bit & 7)), at)
    count(
      answers,
      codeOf(() => read(damaged)),
    )
    damaged.writeUInt8(original, at)
  }
  return answers
}

export const answersToEveryTruncation = (
  bytes: Buffer,
  read: (damaged: Buffer) => unknown,
): Map<string, number> => {
  const answers = new Map<string, number>()
  for (let length = 0; length < bytes.length; length += 1) {
    count(
      answers,
      codeOf(() => read(bytes.subarray(0, length))),
    )
  }
  return answers
}

const count = (answers: Map<string, number>, code: string): void => {
  answers.set(code, (answers.get(code) ?? 0) + 1)
}
