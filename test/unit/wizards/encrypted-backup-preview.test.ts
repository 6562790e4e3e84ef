import { describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { preview } from '../../../electron/wizards/encrypted-backup/preview.ts'
import { database, draft, facts, read } from './samples.ts'

describe('the script beside the form', () => {
  const texts = (answered: Answers) =>
    preview(answered, facts())
      .statements.map(({ text }) => text)
      .join('\n')
  it('has blanks for what is not answered', () => {
    const text = texts({ certificateMode: 'create', masterKeyMode: 'create' })
    for (const blank of [
      '[‹certificate name›]',
      "N'‹subject›'",
      'EXPIRY_DATE = ‹expiry date›',
      '[‹database›]',
      '‹folder for backups›',
      '«dmk_password»',
      '‹mark›',
    ]) {
      expect(text).toContain(blank)
    }
  })
  it('grows with nothing read at all', () => {
    expect(preview({}, null).statements.length).toBeGreaterThan(3)
  })
  it('changes with every answer that has an effect', () => {
    const base = { ...draft() } as Answers
    const tde = facts({ databases: read([database({ tde: true })]) })
    const textOf = (changes: Answers) =>
      preview({ ...base, ...changes }, tde)
        .statements.map(({ title, text }) => `${title}\n${text}`)
        .join('\n')
    const before = textOf({})
    for (const changes of [
      { databases: ['Other'] },
      { masterKeyMode: 'use' },
      { certificateMode: 'use' },
      { certificateName: 'X' },
      { certificateSubject: 'X' },
      { certificateExpiry: '2032-01-01' },
      { keyFolder: 'C:\\K' },
      { serviceMasterKeyFile: true },
      { localCopy: null },
      { proveOnServer: false },
      { backupFolder: 'C:\\B' },
      { algorithm: 'AES_128' },
      { compression: true },
      { checksum: false },
      { stats: 7 },
      { copyOnly: false },
      { verifyAfter: false },
    ] as Answers[]) {
      expect(textOf(changes), JSON.stringify(changes)).not.toBe(before)
    }
  })
  it('says what no statement can hold', () => {
    expect(preview({ certificateName: 'a\nb' }, facts())).toMatchObject({
      statements: [],
      refused: expect.stringContaining('line break') as string,
    })
  })
})
