/** Words of the checksum at the end of each share. */
export const checksumWords = 3

const generator = [
  0xe0e040, 0x1c1c080, 0x3838100, 0x7070200, 0xe0e0009, 0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890,
  0x3f3f120,
]

/** The Reed-Solomon code over 1024 symbols of SLIP-0039; it finds any mistake in up to three words. */
const remainder = (numbers: Uint16Array, extendable: boolean): number => {
  let sum = 1
  const add = (symbol: number): void => {
    const top = sum >> 20
    sum = ((sum & 0xfffff) << 10) ^ symbol
    generator.forEach((part, bit) => {
      sum ^= part & -((top >> bit) & 1)
    })
  }
  for (const letter of Buffer.from(extendable ? 'shamir_extendable' : 'shamir', 'ascii')) add(letter)
  numbers.forEach(add)
  return sum
}

export const checksumFits = (numbers: Uint16Array, extendable: boolean): boolean =>
  remainder(numbers, extendable) === 1

/** Writes the checksum into the last three numbers. */
export const putChecksum = (numbers: Uint16Array, extendable: boolean): void => {
  const start = numbers.length - checksumWords
  numbers.fill(0, start)
  const sum = remainder(numbers, extendable) ^ 1
  for (let word = 0; word < checksumWords; word += 1) {
    numbers[start + word] = (sum >> (10 * (checksumWords - 1 - word))) & 1023
  }
}
