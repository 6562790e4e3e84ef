/** The stream cipher of `.pvk` files, and of nothing else here: neither Node nor Electron offers it. Changes `data` in place. */
export const rc4InPlace = (key: Uint8Array, data: Uint8Array): void => {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index)
  const at = (index: number): number => state[index & 255] ?? 0
  for (let i = 0, j = 0; i < 256; i += 1) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 255
    swap(state, i, j)
  }
  for (let k = 0, i = 0, j = 0; k < data.length; k += 1) {
    i = (i + 1) & 255
    j = (j + at(i)) & 255
    swap(state, i, j)
    data[k] = (data[k] ?? 0) ^ at(at(i) + at(j))
  }
  state.fill(0)
}

const swap = (state: Uint8Array, i: number, j: number): void => {
  const kept = state[i] ?? 0
  state[i] = state[j] ?? 0
  state[j] = kept
}
