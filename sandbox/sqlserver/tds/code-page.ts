/** Code page 1252, which the collation SQL_Latin1_General_CP1_CI_AS gives to varchar and char. */

/** LCID 0409, flags ignore case, kana and width, sort id 52. */
export const COLLATION = Uint8Array.of(0x09, 0x04, 0xd0, 0x00, 0x34)

const decoder = new TextDecoder('windows-1252')
const QUESTION_MARK = 0x3f

const byteOf = new Map<string, number>()
for (let byte = 0; byte < 256; byte++) byteOf.set(decoder.decode(Uint8Array.of(byte)), byte)

/** Characters outside the code page become question marks, as they do in the real server. */
export function toCodePage(text: string): Buffer {
  return Buffer.from(Array.from(text, (character) => byteOf.get(character) ?? QUESTION_MARK))
}

export function fromCodePage(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
