import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { dropCertificate } from '../../../electron/scripts/tsql/certificate.ts'
import { writePfx, writePvk } from '../../../sandbox/sqlserver/files/index.ts'
import { hex, keptPassword, proofsOf, thumbprintOn, today, useCertificateStage } from './certificate-stage.ts'
import { makePair } from './key-pair.ts'
import { runAll } from './simulated.ts'
import { contextOf, handlerOf, refusal, walk, walkStep, type World } from './walk.ts'

describe.each([
  ['pvk', 15],
  ['pfx', 16],
] as const)('a certificate exported as .%s', (format, version) => {
  const stage = useCertificateStage(version)

  it('makes, exports and proves with server and Keyturn', async () => {
    const plan = await stage.ready({ format })
    const walked = await walk(plan, stage.around())
    expect(walked.map(({ step }) => step.kind)).toEqual([
      'create-certificate',
      'back-up-certificate',
      'prove-on-server',
      'drop-scratch',
      'fetch-certificate-pair',
    ])
    expect(proofsOf(walked)).toEqual([
      'certificate recorded by catalog',
      'certificate opened by server',
      'certificate opened by keyturn',
    ])
    const identity = walked[0]?.outcome.evidence.find(({ statement }) =>
      statement.startsWith('It is a new identity'),
    )
    expect(identity?.value).toBe('master had no certificate before')
  })

  it('comes back from the server’s disk', async () => {
    const exported = await walk(
      await stage.ready({ format, localCopy: null, proveOnServer: false }),
      stage.around(),
    )
    const before = await thumbprintOn(stage.server, 'KT_New')
    await runAll(stage.server, [dropCertificate('KT_New')])
    const paths = exported[1]?.step.params as { certificateFile: string; privateKeyFile: string | null }
    const nameOf = (path: string | null): string => path?.split('\\').at(-1) ?? ''
    const wish = {
      task: 'import-server',
      certificateName: 'KT_Back',
      serverCertificateFile: nameOf(paths.certificateFile),
      serverPrivateKeyFile: nameOf(paths.privateKeyFile),
    }
    const walked = await walk(await stage.ready(wish), stage.around())
    expect(proofsOf(walked)).toEqual(['certificate opened by server'])
    expect(await thumbprintOn(stage.server, 'KT_Back')).toBe(before)
    expect(walked[0]?.outcome.evidence.at(-1)).toMatchObject({
      statement: 'Size of its key',
      value: format === 'pfx' ? '3072 bits' : '2048 bits',
    })
  })
})

describe('on 2019, which makes keys of 2,048 bits', () => {
  const stage = useCertificateStage(15)

  describe('create', () => {
    it('is undone while nothing needs the certificate', async () => {
      const plan = await stage.ready({ localCopy: null, proveOnServer: false })
      const place = stage.around()
      const [made] = await walk({ ...plan, steps: plan.steps.slice(0, 1) }, place)
      if (made === undefined) throw new Error('nothing was made')
      await handlerOf(made.step).undo?.(contextOf(made.step, place, made.before))
      expect(await thumbprintOn(stage.server, 'KT_New')).toBeNull()
    })
  })

  describe('import from a folder of the person', () => {
    const wish = { task: 'import-local', certificateName: 'KT_In' }

    it('opens the pair here, then brings it under the master key with the thumbprint of the file', async () => {
      const pair = await makePair()
      stage.writePair(pair)
      const walked = await walk(await stage.ready(wish), stage.around())
      expect(proofsOf(walked)).toEqual(['certificate opened by keyturn'])
      expect(await thumbprintOn(stage.server, 'KT_In')).toBe(`${hex(pair)} MK`)
    })

    it('takes an unencrypted .pvk and a .pfx, also where the server reads no .pfx itself', async () => {
      const plain = await makePair()
      stage.writePair(plain, 'plain', null)
      const noPassword = { ...stage.around(), secrets: new Map<string, SecretBytes>() }
      const files = { sourceCertificateFile: 'plain.cer', sourcePrivateKeyFile: 'plain.pvk' }
      await walk(await stage.ready({ ...wish, ...files, certificateFilePassword: null }), noPassword)
      expect(await thumbprintOn(stage.server, 'KT_In')).toBe(`${hex(plain)} MK`)

      const pair = await makePair()
      writeFileSync(join(stage.folder, 'both.pfx'), writePfx(pair.certificate, pair.key, keptPassword))
      const pfx = { sourceCertificateFile: 'both.pfx', sourcePrivateKeyFile: '' }
      await walk(await stage.ready({ ...wish, ...pfx, certificateName: 'KT_Pfx' }), stage.around())
      expect(await thumbprintOn(stage.server, 'KT_Pfx')).toBe(`${hex(pair)} MK`)
    })

    it('loss rehearsal: a .pvk of another certificate is found before anything is sent', async () => {
      const [pair, wrong] = [await makePair(), await makePair()]
      stage.writePair(pair)
      writeFileSync(join(stage.folder, 'pair.pvk'), writePvk(wrong.key, keptPassword))
      const plan = await stage.ready(wish)
      const sent: string[] = []
      const place = stage.around()
      const watched: World<SqlServer> = { ...place, opened: () => sent.push('a session') }
      const [open, bring] = plan.steps
      if (open === undefined || bring === undefined) throw new Error('no steps')
      expect(await refusal(walkStep(open, watched))).toBe(
        'file-key-mismatch: The private key in pair.pvk does not belong to this certificate',
      )
      expect(await refusal(walkStep(bring, watched))).toContain('file-key-mismatch')
      expect(sent).toEqual([])
      expect(await thumbprintOn(stage.server, 'KT_In')).toBeNull()
    })

    it('refuses a wrong password, and files that were written again after the review', async () => {
      const pair = await makePair()
      stage.writePair(pair)
      const plan = await stage.ready(wish)
      const [open] = plan.steps
      if (open === undefined) throw new Error('no steps')
      const place = stage.around()
      const wrong = new Map([['certificate_file_password', SecretBytes.fromText('Another-Password-1')]])
      expect(await refusal(walkStep(open, { ...place, secrets: wrong }))).toContain('file-wrong-password')
      stage.writePair(await makePair())
      expect(await refusal(walkStep(open, place))).toContain('file-changed')
    })

    it('takes up after a crash what it sent, and takes it back', async () => {
      const pair = await makePair()
      stage.writePair(pair)
      const plan = await stage.ready(wish)
      const place = stage.around()
      const [, done] = await walk(plan, place)
      if (done === undefined) throw new Error('not imported')
      const again = await handlerOf(done.step).check(contextOf(done.step, place, done.before))
      expect(again).toEqual({ state: 'satisfied', before: done.before })
      // Another run finds the same key there: nothing to do, and nothing of its own to undo.
      expect(await handlerOf(done.step).check(contextOf(done.step, place))).toMatchObject({
        state: 'satisfied',
      })
      await handlerOf(done.step).undo?.(contextOf(done.step, place, done.before))
      expect(await thumbprintOn(stage.server, 'KT_In')).toBeNull()
    })

    it('names a certificate that is there already, under this or another name', async () => {
      const pair = await makePair()
      stage.writePair(pair)
      await walk(await stage.ready(wish), stage.around())
      const again = await stage.planned({ ...wish, certificateName: 'KT_Other' })
      expect(again.advice.blockers.map(({ what }) => what)).toEqual([
        'master has this certificate already, as KT_In',
      ])
      const bring = again.plan.steps[1]
      if (bring === undefined) throw new Error('no step')
      expect(await handlerOf(bring).check(contextOf(bring, stage.around()))).toMatchObject({
        state: 'foreign',
        problem: { code: 'sql-exists' },
      })
    })
  })

  describe('import from the server’s disk', () => {
    it('loss rehearsal: the server refuses a .pvk of another certificate, and nothing is created', async () => {
      await walk(await stage.ready({ localCopy: null, proveOnServer: false }), stage.around())
      await walk(
        await stage.ready({ certificateName: 'KT_Two', localCopy: null, proveOnServer: false }),
        stage.around(),
      )
      await runAll(stage.server, [dropCertificate('KT_New')])
      const [step] = (
        await stage.ready({
          task: 'import-server',
          certificateName: 'KT_Mixed',
          serverCertificateFile: `KT_New_${today()}_${stage.run.slice(0, 8)}.cer`,
          serverPrivateKeyFile: `KT_Two_${today()}_${stage.run.slice(0, 8)}.pvk`,
        })
      ).steps
      if (step === undefined) throw new Error('no step')
      await expect(walkStep(step, stage.around())).rejects.toMatchObject({
        problem: { vendor: { number: 15474 } },
      })
      expect(await thumbprintOn(stage.server, 'KT_Mixed')).toBeNull()
    })
  })

  describe('compare', () => {
    const evidenceOf = async (changes: Answers = {}) => {
      const plan = await stage.ready({ task: 'compare', certificateName: 'KT_In', ...changes })
      const [walked] = await walk(plan, stage.around())
      return walked?.outcome
    }

    it('says same or differs, and how the private key fared', async () => {
      const [pair, stranger] = [await makePair(), await makePair()]
      stage.writePair(pair)
      stage.writePair(stranger, 'stranger')
      writeFileSync(join(stage.folder, 'mixed.cer'), pair.certificate)
      writeFileSync(join(stage.folder, 'mixed.pvk'), writePvk(stranger.key, keptPassword))
      await walk(await stage.ready({ task: 'import-local', certificateName: 'KT_In' }), stage.around())

      const same = await evidenceOf()
      expect(same?.evidence.map(({ value }) => value)).toEqual([
        hex(pair),
        hex(pair),
        'same',
        'opened with the kept password; it belongs to the certificate of the file',
      ])
      expect(same?.proofs).toMatchObject([{ level: 'opened', by: 'keyturn' }])

      const differs = await evidenceOf({
        sourceCertificateFile: 'stranger.cer',
        sourcePrivateKeyFile: 'stranger.pvk',
      })
      expect(differs?.evidence[2]?.value).toMatch(/^differs from group \d+$/)
      expect(differs?.proofs).toEqual([])

      const mixed = await evidenceOf({
        sourceCertificateFile: 'mixed.cer',
        sourcePrivateKeyFile: 'mixed.pvk',
      })
      expect(mixed?.evidence.slice(2).map(({ value }) => value)).toEqual([
        'same',
        'The private key in mixed.pvk does not belong to this certificate',
      ])
      expect(mixed?.proofs).toMatchObject([{ level: 'matched' }])

      const only = await evidenceOf({ sourcePrivateKeyFile: '' })
      expect(only?.evidence.at(-1)?.value).toBe('no private key file was given')
    })
  })
})
