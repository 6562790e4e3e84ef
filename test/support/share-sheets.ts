import type { ShareSheetFacts } from '../../electron/escrow/share-sheet.ts'

export const sheetFacts = (facts: Partial<ShareSheetFacts> = {}): ShareSheetFacts => ({
  group: {
    id: 'sg-abcdefghijkm',
    name: 'Production keys',
    spkiSha256: '0123456789abcdef'.repeat(4),
    threshold: 3,
    members: 5,
  },
  number: 2,
  holder: 'Ana Ruiz',
  made: new Date('2026-11-26T08:15:30Z'),
  recordKey: 'fedcba9876543210'.repeat(4),
  rehearsal: false,
  ...facts,
})
