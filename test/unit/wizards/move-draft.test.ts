import { describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { moveScreenProblems, moveScreens } from '../../../shared/forms/move-database-draft.ts'

const share = '\\\\ktr-files\\move'

describe('answers', () => {
  const good = {
    target: 't-source',
    database: 'Sales',
    destination: 't-destination',
    newName: 'Sales',
    dataFolder: 'D:\\Data',
    backupFolder: share,
  }
  const problems = (changes: Answers) =>
    moveScreens
      .flatMap((screen) => moveScreenProblems(screen, { ...good, ...changes }))
      .map(({ field }) => field)

  it.each<[string, Answers, string[]]>([
    ['a complete draft', {}, []],
    ['the same server twice', { destination: 't-source' }, ['destination']],
    ['no database', { database: '' }, ['database']],
    ['an engine’s own database', { database: 'MSDB' }, ['database']],
    ['a name with a line break', { newName: 'a\nGO' }, ['newName']],
    ['a name of 129 characters', { newName: 'x'.repeat(129) }, ['newName']],
    ['a relative folder', { dataFolder: 'Data' }, ['dataFolder']],
    ['a device path', { backupFolder: '\\\\?\\C:\\x' }, ['backupFolder']],
    ['a share without a folder name', { backupFolder: '\\\\server' }, ['backupFolder']],
    ['up and out of a share', { readFolder: '\\\\server\\share\\..\\x' }, ['readFolder']],
    [
      'key files without names and password',
      { certificateFrom: 'files' },
      [
        'certificateName',
        'keyFolder',
        'serverCertificateFile',
        'serverPrivateKeyFile',
        'certificateFilePassword',
      ],
    ],
    ['a handle that is none', { databaseKeyPassword: '../keyring' }, ['databaseKeyPassword']],
    ['another word for the way', { way: 'copy' }, ['way']],
  ])('%s', (_what, changes, fields) => {
    expect(problems(changes)).toEqual(fields)
  })
})
