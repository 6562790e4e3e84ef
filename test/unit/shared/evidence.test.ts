import { describe, expect, it } from 'vitest'
import { highestProofs, type KeyCopyProof } from '../../../shared/model/evidence.ts'

const proof = (change: Partial<KeyCopyProof>): KeyCopyProof => ({
  key: 'Certificate C',
  kind: 'certificate',
  location: 'S: C:\\c.cer',
  level: 'recorded',
  by: 'catalog',
  at: '2026-11-22T10:00:00Z',
  thumbprint: null,
  note: '',
  ...change,
})

describe('the highest proof of each copy', () => {
  it('keeps one row per place, with the highest rung and who reached it', () => {
    const opened = proof({ level: 'opened', by: 'server' })
    const elsewhere = proof({ location: '/media/usb', level: 'opened', by: 'keyturn' })
    expect(highestProofs([proof({}), elsewhere, opened])).toEqual([opened, elsewhere])
  })

  it('never lets a later, lower rung hide a higher one', () => {
    const opened = proof({ level: 'opened', by: 'server' })
    expect(highestProofs([opened, proof({ at: '2026-11-22T11:00:00Z' })])).toEqual([opened])
  })

  it('does not mix two keys that share a file name', () => {
    const other = proof({ kind: 'database-master-key' })
    expect(highestProofs([proof({}), other])).toHaveLength(2)
  })
})
