import { describe, expect, it } from 'vitest'
import { rotationDraftAt } from '../../../shared/forms/backup-certificate-rotation.ts'
import { certificateDraftAt, certificateScreenProblems } from '../../../shared/forms/certificate-draft.ts'
import { answerProblems } from '../../../shared/forms/draft-parts.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { isLocalKeyFile, serverFileNameProblem } from '../../../shared/forms/names.ts'
import { certificateDraft, rotationDraft } from './certificate-samples.ts'

const now = (): Date => new Date('2026-11-22T10:00:00Z')
const problems = (changes: Answers): string[] => {
  const read = certificateDraftAt(now).safeParse({ ...certificateDraft(), ...changes })
  return read.success ? [] : answerProblems(read.error).map(({ field, message }) => `${field}: ${message}`)
}
const rotationProblems = (changes: Answers): string[] => {
  const read = rotationDraftAt(now).safeParse({ ...rotationDraft(), ...changes })
  return read.success ? [] : answerProblems(read.error).map(({ field }) => field)
}

describe('answers of a certificate', () => {
  it.each(['create', 'export', 'import-local', 'import-server', 'compare'])('complete for %s', (task) => {
    expect(problems({ task })).toEqual([])
  })

  it('what another task asked is not asked of this one', () => {
    const empty = {
      certificateSubject: '',
      certificateExpiry: '',
      keyFolder: '',
      certificateFilePassword: null,
      sourceFolder: null,
      sourceCertificateFile: '',
      sourcePrivateKeyFile: '',
      serverCertificateFile: '',
      serverPrivateKeyFile: '',
    }
    expect(problems({ ...empty, task: 'copy', replicas: ['t-other'] })).toEqual([])
  })

  it.each<[string, Answers, string]>([
    ['no task', { task: '' }, 'task'],
    ['no server', { target: '' }, 'target'],
    ['no name', { certificateName: '' }, 'certificateName'],
    ['a name of the engine', { certificateName: '##KT##' }, 'certificateName'],
    ['no subject', { certificateSubject: '' }, 'certificateSubject'],
    ['a past expiry', { certificateExpiry: '2026-11-22' }, 'certificateExpiry'],
    ['no expiry: the server would take one year', { certificateExpiry: '' }, 'certificateExpiry'],
    ['a use that is none', { keyUse: 'all' }, 'keyUse'],
    ['a format that is none', { format: 'pem' }, 'format'],
    ['a relative folder', { keyFolder: 'Keys' }, 'keyFolder'],
    ['no password for new files', { certificateFilePassword: null }, 'certificateFilePassword'],
    ['a local folder that is a path', { localCopy: '/etc' }, 'localCopy'],
    ['no folder of the person', { task: 'import-local', sourceFolder: null }, 'sourceFolder'],
    [
      'a path as a local file',
      { task: 'import-local', sourceCertificateFile: '../x.cer' },
      'sourceCertificateFile',
    ],
    [
      'a file of another kind',
      { task: 'import-local', sourceCertificateFile: 'keyring.json' },
      'sourceCertificateFile',
    ],
    ['a .cer alone', { task: 'import-local', sourcePrivateKeyFile: '' }, 'sourcePrivateKeyFile'],
    [
      'a .pfx with a second file',
      { task: 'import-local', sourceCertificateFile: 'a.pfx' },
      'sourcePrivateKeyFile',
    ],
    [
      'a folder in the name of a server file',
      { task: 'import-server', serverCertificateFile: 'D:\\x.cer' },
      'serverCertificateFile',
    ],
    [
      'a .cer of the server alone',
      { task: 'import-server', serverPrivateKeyFile: '' },
      'serverPrivateKeyFile',
    ],
    [
      'a server .pfx with a second file',
      { task: 'import-server', serverCertificateFile: 'a.pfx' },
      'serverPrivateKeyFile',
    ],
    [
      'no password for files of the server',
      { task: 'import-server', certificateFilePassword: null },
      'certificateFilePassword',
    ],
    ['no server to copy to', { task: 'copy', replicas: [] }, 'replicas'],
    ['the server itself', { task: 'copy', replicas: ['t-abcdefghijkm'] }, 'replicas'],
    ['a server twice', { task: 'copy', replicas: ['t-other', 't-other'] }, 'replicas'],
    ['a server that is a path', { task: 'copy', replicas: ['../x'] }, 'replicas'],
    [
      '21 servers',
      { task: 'copy', replicas: Array.from({ length: 21 }, (_one, at) => `t-${at}`) },
      'replicas',
    ],
  ])('%s is refused with the field and what to do', (_what, changes, field) => {
    const found = problems(changes)
    expect(found.map((text) => text.split(':')[0])).toEqual([field])
    expect(found[0]).toMatch(/^\w+: .{20,}/)
  })

  it('a screen speaks only of its own answers', () => {
    const answers = { ...certificateDraft({ certificateName: '', keyFolder: '' }) }
    const named = (screen: 'task' | 'certificate' | 'places') =>
      certificateScreenProblems(screen, answers, now).map(({ field }) => field)
    expect(named('task')).toEqual([])
    expect(named('certificate')).toEqual(['certificateName'])
    expect(named('places')).toEqual(['keyFolder'])
  })

  it('compares without a password and without a private key file', () => {
    expect(problems({ task: 'compare', certificateFilePassword: null, sourcePrivateKeyFile: '' })).toEqual([])
  })
})

describe('names of files', () => {
  it.each([
    ['pair.cer', true],
    ['Größe 2026.PVK', true],
    ['.hidden.cer', false],
    ['a/b.cer', false],
    ['a\\b.cer', false],
    ['..', false],
    ['c:x.cer', false],
    ['pair.cer.txt', false],
    [`${'x'.repeat(200)}.cer`, false],
  ])('%s in a folder of the person: %s', (name, ok) => expect(isLocalKeyFile(name)).toBe(ok))

  it.each([
    '',
    'a\\b.cer',
    'a/b.cer',
    'x:ads',
    'x.cer.',
    ' x.cer',
    'NUL.cer',
    'a\nb.cer',
    'x'.repeat(91),
    '..',
  ])('not on the server: %j', (name) =>
    expect(serverFileNameProblem(name, 'The file')).toMatch(/^The file .{10,}/),
  )
  it.each(["O'Brien.cer", 'KT_Backup 2026.cer', 'ключ.cer'])('on the server: %s', (name) => {
    expect(serverFileNameProblem(name, 'The file')).toBeNull()
  })
})

describe('answers of a rotation', () => {
  it('are complete', () => expect(rotationProblems({})).toEqual([]))
  it.each(['target', 'oldCertificate', 'certificateName', 'certificateSubject', 'certificateExpiry'])(
    '%s is needed',
    (field) => expect(rotationProblems({ [field]: '' })).toEqual([field]),
  )
  it.each(['keyFolder', 'certificateFilePassword', 'localCopy'])('%s is needed', (field) =>
    expect(rotationProblems({ [field]: null })).toEqual([field]),
  )
})
