/** Whole sentences for the result page: what a run of this plan leaves open. Each plan leaves the same. */
export const notChecked = (): string[] => [
  'The new packages were not opened: nobody of the new group brought a share. That they open is shown by a drill.',
  'What the items hold was not read: each was deciphered for its check value alone, and wiped.',
  'Whether other copies of the old packages exist, and who has them, is not known here.',
  'Whether the keys themselves should be replaced is not decided by this: who could open an old package may have their copies.',
  'New packages were read back through the operating system, which may answer from memory. To read a medium itself, take it out, put it in again, and verify the package.',
]
