import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asRunId } from '../../../shared/model/ids.ts'
import { nodeFolderIo } from '../../../electron/escrow/folder-io.ts'
import { escrowRewrapFront } from '../../../electron/wizards/escrow-rewrap/front.ts'
import { openItem } from '../../../electron/escrow/package/open.ts'
import { verifyPackage } from '../../../electron/escrow/package/verify.ts'
import { makeRecipient, pkcs8Of, wordsOf, type SamplePackage } from '../../support/escrow-package.ts'
import { refusal } from './walk.ts'
import { useRewrapStage, type Folder } from './escrow-rewrap-stage.ts'

const stage = useRewrapStage()
const trust = { kind: 'nobody' } as const
const packageAt = (place: Folder, id: string): string => join(stage.folder(place), `keyturn-escrow-${id}`)

/** What comes out of the new package with these shares; the first item is a key of a token. */
const openedWith = async (sample: SamplePackage, shares: readonly string[], place: Folder = 'p-one') => {
  const files = await stage.filesIn(place, stage.newIdOf(sample))
  return sample.wanted.items.map((_, index) => {
    const { content } = openItem(files, trust, { kind: 'shares', shares: wordsOf(...shares) }, index + 1)
    return content.use((bytes) => Buffer.from(bytes))
  })
}

const replacedOf = (sample: SamplePackage) => stage.means.register.package(sample.wanted.id).replacedBy

describe('packages that are wrapped anew', () => {
  it('open with the new shares and not with the old ones; old packages are marked and stay', async () => {
    const one = await stage.addPackage([
      ['p-one', 'folder'],
      ['p-stick', 'usb'],
    ])
    const two = await stage.addPackage([['p-one', 'folder']], [])
    const plan = await stage.ready()
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'open-escrow-package',
      'rewrap-escrow-package',
      'copy-escrow-package',
      'register-escrow-package',
      'replace-escrow-package',
      'rewrap-escrow-package',
      'register-escrow-package',
      'replace-escrow-package',
      'list-escrow-remains',
    ])
    const { failed } = await stage.walk(plan)
    expect(failed).toBeNull()
    const next = stage.next.shares.slice(1)
    for (const sample of [one, two]) {
      expect(await openedWith(sample, next)).toEqual(sample.contents)
      expect(await refusal(openedWith(sample, stage.old.shares.slice(0, 2)))).toContain('package-share-other')
      expect(replacedOf(sample)).toBe(stage.newIdOf(sample))
      const { manifest } = verifyPackage(await stage.filesIn('p-one', stage.newIdOf(sample)), trust)
      expect(manifest.replaces).toEqual({
        package: sample.wanted.id,
        manifestSha256: stage.means.register.package(sample.wanted.id).manifestSha256,
      })
      expect(existsSync(packageAt('p-one', sample.wanted.id))).toBe(true)
    }
    expect(await openedWith(one, next, 'p-stick')).toEqual(one.contents)
    const listed = stage.means.register.package(stage.newIdOf(one))
    expect(listed.storedAt.map(({ kind, state }) => [kind, state])).toEqual([
      ['folder', 'escrowed'],
      ['usb', 'escrowed'],
    ])
    expect(listed.group).toBe(stage.next.group.facts.id)
  })

  it('the private key of a certificate that was taken over opens the new one, too', async () => {
    const sample = await stage.addPackage([['p-one', 'folder']])
    await stage.walk(await stage.ready())
    const files = await stage.filesIn('p-one', stage.newIdOf(sample))
    const key = { kind: 'private-key', pkcs8: pkcs8Of(stage.recipient.privateKey) } as const
    const { content, trimmedZeros } = openItem(files, trust, key, 1)
    expect(content.use((bytes) => bytes.equals(sample.contents[0] ?? Buffer.alloc(0)))).toBe(true)
    expect(trimmedZeros).toBe(3)
  })

  it('other certificates take the place of the old ones, where they are chosen', async () => {
    const sample = await stage.addPackage([['p-one', 'folder']])
    const other = makeRecipient('Recovery site')
    writeFileSync(join(stage.folder('p-recipients'), 'site.cer'), other.certificate)
    await stage.walk(
      await stage.ready({
        recipientMode: 'others',
        recipientFolder: 'p-recipients',
        recoveryFiles: ['site.cer'],
      }),
    )
    const files = await stage.filesIn('p-one', stage.newIdOf(sample))
    const open = (key: typeof other.privateKey) =>
      openItem(files, trust, { kind: 'private-key', pkcs8: pkcs8Of(key) }, 3)
    expect(open(other.privateKey).content.length).toBe(sample.contents[2]?.length)
    expect(() => open(stage.recipient.privateKey)).toThrow('package-key-other')
    expect(verifyPackage(files, trust).manifest.recipients.map(({ kind }) => kind)).toEqual(['recovery-hsm'])
  })

  it('go to another folder where one is chosen, and are found in one that the list does not name', async () => {
    const sample = await stage.addPackage([['p-one', 'folder']])
    renameSync(packageAt('p-one', sample.wanted.id), packageAt('p-two', sample.wanted.id))
    const blocked = await stage.planned()
    expect(blocked.advice.blockers[0]?.what).toBe(`Package ${sample.wanted.id} was not found as it is listed`)
    const plan = await stage.ready({
      lookIn: 'p-two',
      placeMode: 'other',
      place: 'p-other',
      placeKind: 'usb',
    })
    expect((await stage.walk(plan)).failed).toBeNull()
    expect(await openedWith(sample, stage.next.shares.slice(0, 2), 'p-other')).toEqual(sample.contents)
    expect(stage.means.register.package(stage.newIdOf(sample)).storedAt).toMatchObject([
      { kind: 'usb', label: stage.folder('p-other'), state: 'escrowed' },
    ])
  })

  it('the result lists what is to be destroyed: old folders; old shares only once no package needs them', async () => {
    const one = await stage.addPackage([['p-one', 'folder']])
    const two = await stage.addPackage([['p-two', 'folder']])
    await stage.walk(await stage.ready({ packages: [one.wanted.id] }))
    const said = (text: string) => stage.earlier.filter(({ statement }) => statement.includes(text))
    expect(said('To be destroyed').map(({ value }) => value)).toEqual([stage.folder('p-one')])
    expect(said('Still needed')).toMatchObject([{ value: two.wanted.id }])
    stage.earlier.length = 0
    stage.run = asRunId('kzzzzzzzcdef')
    await stage.walk(await stage.ready())
    expect(said('To be destroyed').map(({ value }) => value)).toEqual([
      stage.folder('p-two'),
      '1 Holder 1, 2 Holder 2, 3 Holder 3',
    ])
    expect(said('Packages that are for')[0]?.data).toMatchObject({ headline: 'Wrapped anew for' })
  })

  it('an undo takes new packages away, sets the marks back and leaves the old ones', async () => {
    const sample = await stage.addPackage([
      ['p-one', 'folder'],
      ['p-stick', 'usb'],
    ])
    const plan = await stage.ready()
    const walked = await stage.walk(plan)
    expect(await stage.undo(plan, walked)).toEqual([null, null, null])
    expect(replacedOf(sample)).toBeNull()
    expect(stage.means.register.packages().map(({ id }) => id)).toEqual([sample.wanted.id])
    for (const place of ['p-one', 'p-stick'] as const)
      expect(existsSync(packageAt(place, stage.newIdOf(sample)))).toBe(false)
    stage.earlier.length = 0
    expect((await stage.walk(plan)).failed).toBeNull()
  })

  it('an undo leaves the new package where the old one is gone: it may be the only one', async () => {
    const sample = await stage.addPackage([['p-one', 'folder']])
    const plan = await stage.ready()
    const walked = await stage.walk(plan)
    rmSync(packageAt('p-one', sample.wanted.id), { recursive: true })
    const problems = await stage.undo(plan, walked)
    expect(problems.map((one) => one?.code)).toEqual(['undo-refused', 'undo-refused'])
    expect(await openedWith(sample, stage.next.shares.slice(0, 2))).toEqual(sample.contents)
    expect(replacedOf(sample)).toBe(stage.newIdOf(sample))
  })

  it('an undo leaves a new package that another one has replaced meanwhile', async () => {
    const sample = await stage.addPackage([['p-one', 'folder']])
    const plan = await stage.ready()
    const walked = await stage.walk(plan)
    const later = await stage.addPackage([['p-two', 'folder']])
    await stage.means.register.replacePackage(stage.newIdOf(sample), later.wanted.id)
    const problems = await stage.undo(plan, walked)
    expect(problems.map((one) => one?.code ?? null)).toEqual([null, 'undo-refused'])
    expect(existsSync(packageAt('p-one', stage.newIdOf(sample)))).toBe(true)
  })
})

describe('a run that breaks off', () => {
  it('goes on after any step, with the packages that it wrote before', async () => {
    const samples = [
      await stage.addPackage([['p-one', 'folder']]),
      await stage.addPackage([['p-one', 'folder']]),
      await stage.addPackage([['p-two', 'folder']]),
    ]
    const plan = await stage.ready()
    const half = plan.steps.findIndex(({ title }) => title.startsWith(samples[1]?.wanted.id ?? '?'))
    await stage.walk({ ...plan, steps: plan.steps.slice(0, half + 1) })
    const [, made] = samples
    const before = readFileSync(
      join(packageAt('p-one', stage.newIdOf(made as SamplePackage)), 'MANIFEST.json'),
    )
    // The step’s outcome was lost with the process: its intent is on record.
    const step = plan.steps[half]
    if (step === undefined) throw new Error('no step')
    expect(await stage.handler(step).check(stage.context(step, { packageThere: false }))).toMatchObject({
      state: 'satisfied',
    })
    expect((await stage.walk(plan, half + 1)).failed).toBeNull()
    expect(
      readFileSync(join(packageAt('p-one', stage.newIdOf(made as SamplePackage)), 'MANIFEST.json')).equals(
        before,
      ),
    ).toBe(true)
    for (const [index, sample] of samples.entries())
      expect(
        await openedWith(sample, stage.next.shares.slice(0, 2), index === 2 ? 'p-two' : 'p-one'),
      ).toEqual(sample.contents)
  })

  it('takes away what was half written, and never what another run put under that name', async () => {
    const sample = await stage.addPackage([['p-one', 'folder']])
    const plan = await stage.ready()
    stage.means.io = {
      ...nodeFolderIo,
      rename: () => Promise.reject(Object.assign(new Error('gone'), { code: 'ENODEV' })),
      remove: () => Promise.reject(Object.assign(new Error('gone'), { code: 'ENODEV' })),
    }
    expect((await stage.walk(plan)).failed?.problem.code).toBe('package-left-over')
    delete stage.means.io
    expect((await stage.walk(plan)).failed).toBeNull()
    const [, step] = plan.steps
    if (step === undefined) throw new Error('no step')
    expect(await stage.handler(step).check(stage.context(step))).toMatchObject({ state: 'foreign' })
    expect(await openedWith(sample, stage.next.shares.slice(0, 2))).toEqual(sample.contents)
  })
})

describe('nothing is wrapped anew', () => {
  const failsWith = async (change: () => void | Promise<void>): Promise<[string, string] | null> => {
    const sample = await stage.addPackage([['p-one', 'folder']])
    const plan = await stage.ready()
    await change()
    const { failed } = await stage.walk(plan)
    expect(replacedOf(sample)).toBeNull()
    expect(existsSync(packageAt('p-one', stage.newIdOf(sample)))).toBe(false)
    return failed === null ? null : [failed.step.kind, failed.problem.code]
  }
  const listed = () => stage.means.register.packages()[0]?.id ?? ''

  it('with fewer shares than the group needs', async () => {
    expect(
      await failsWith(() => void (stage.shares = [stage.old.shares[0] ?? '', stage.old.shares[0] ?? ''])),
    ).toEqual(['open-escrow-package', 'package-shares-few'])
  })

  it('with shares of another group', async () => {
    expect(await failsWith(() => void (stage.shares = stage.next.shares.slice(0, 2)))).toEqual([
      'open-escrow-package',
      'package-share-other',
    ])
  })

  it('where the old package was changed in its place', async () => {
    const changed = await failsWith(() => {
      const file = join(packageAt('p-one', listed()), 'items', '02.p7')
      const bytes = readFileSync(file)
      bytes[bytes.length - 30] = (bytes[bytes.length - 30] ?? 0) ^ 1
      writeFileSync(file, bytes)
    })
    expect(changed).toEqual(['open-escrow-package', 'package-file-changed'])
  })

  it('where the old package went away', async () => {
    const gone = await failsWith(() => rmSync(packageAt('p-one', listed()), { recursive: true }))
    expect(gone).toEqual(['open-escrow-package', 'package-not-read'])
  })

  it('once the new group is not active any more', async () => {
    const { means, next } = stage
    const other = await failsWith(async () => {
      await means.register.addGroup({
        ...next.group.facts,
        id: 'sg-aaaaaaaaaaaa' as never,
        state: 'in-ceremony',
        identifier: null,
        spkiSha256: null,
        keyId: null,
      })
      await means.register.changeGroup(next.group.facts.id, (facts) => ({
        ...facts,
        state: 'replaced',
        replacedBy: 'sg-aaaaaaaaaaaa' as never,
      }))
    })
    expect(other).toEqual(['rewrap-escrow-package', 'rewrap-group-other'])
  })

  it.each([
    ['full', 'ENOSPC', 'package-place-full'],
    ['gone', 'ENODEV', 'package-place-gone'],
    ['read only', 'EROFS', 'package-place-read-only'],
  ])('where the place is %s', async (_, code, problem) => {
    const failed = await failsWith(() => {
      stage.means.io = {
        ...nodeFolderIo,
        writeFile: () => Promise.reject(Object.assign(new Error(code), { code })),
      }
    })
    expect(failed).toEqual(['rewrap-escrow-package', problem])
  })

  it('of a package that another run has replaced meanwhile: its mark stays with that run', async () => {
    const sample = await stage.addPackage([['p-one', 'folder']])
    const plan = await stage.ready()
    const other = await stage.addPackage([['p-two', 'folder']])
    await stage.means.register.replacePackage(sample.wanted.id, other.wanted.id)
    const { failed } = await stage.walk(plan)
    expect([failed?.step.kind, failed?.problem.code]).toEqual([
      'replace-escrow-package',
      'rewrap-replaced-already',
    ])
    expect(replacedOf(sample)).toBe(other.wanted.id)
  })
})

describe('the form', () => {
  const front = () => escrowRewrapFront(stage.means)

  it('says what is not in its place, and suggests the rest, the successor and the same places', async () => {
    const one = await stage.addPackage([['p-one', 'folder']])
    const two = await stage.addPackage([['p-stick', 'usb']])
    rmSync(packageAt('p-stick', two.wanted.id), { recursive: true })
    const facts = await front().facts({ oldGroup: stage.old.group.facts.id }, 'packages', stage.reader())
    expect(facts.options['packages']).toMatchObject([
      { value: one.wanted.id, usable: true, facts: { 'Lies in': stage.folder('p-one') } },
      {
        value: two.wanted.id,
        usable: false,
        reason: expect.stringContaining(`not in its place: ${stage.folder('p-stick')}`) as string,
      },
    ])
    expect(facts.suggested).toMatchObject({
      oldGroup: { value: stage.old.group.facts.id },
      packages: { value: [one.wanted.id] },
      newGroup: { value: stage.next.group.facts.id },
      placeMode: { value: 'same' },
    })
    expect(facts.options['newGroups']).toMatchObject([
      { usable: false, reason: 'it is the old one' },
      { usable: true },
    ])
    expect(Object.keys(facts.flags)).toEqual(['share-1', 'share-2'])
  })

  it('shows the script with blanks for what is not chosen, and ids of no run', async () => {
    const { wanted } = await stage.addPackage([['p-one', 'folder']])
    const made = front()
    const answers = { oldGroup: stage.old.group.facts.id }
    await made.facts(answers, 'packages', stage.reader())
    const { statements, refused } = made.preview({ ...answers, packages: [wanted.id] })
    expect(refused).toBeNull()
    const text = statements.map((one) => one.text).join('\n')
    expect(text).toContain(`keyturn-escrow-‹new id of ${wanted.id}›`)
    expect(text).toContain('any ‹M› of ‹N› shares open it')
    expect(text).not.toMatch(/0 of 0|undefined|null/)
  })

  it('names the field and the fix of each answer that does not fit', async () => {
    const { wanted } = await stage.addPackage([['p-one', 'folder']])
    const made = front()
    const answers = {
      oldGroup: stage.old.group.facts.id,
      newGroup: stage.old.group.facts.id,
      packages: [wanted.id, 'ep-aaaaaaaaaaaa'],
      share1: 'h-share1',
      share2: 'h-share1',
      placeMode: 'other',
    }
    await made.facts(answers, 'packages', stage.reader())
    expect(made.problems(answers, 'all')).toMatchObject([
      { field: 'packages', message: expect.stringContaining('is not one of this group') as string },
      { field: 'newGroup', message: 'The new group is the old one. Choose another one' },
      { field: 'place', message: expect.stringContaining('Pick the one') as string },
      { field: 'share2', message: expect.stringContaining('given twice') as string },
      { field: 'share1', message: expect.stringContaining('fewer than 2') as string },
    ])
  })

  it('the review blocks on too few and foreign shares, and warns of what an old copy still is', async () => {
    await stage.addPackage([['p-one', 'folder']])
    const { advice } = await stage.planned({ share2: 'h-unknown' }, { secretInfo: () => null })
    expect(advice.blockers.map(({ what, screen }) => [what, screen])).toEqual([
      ['A share is not kept any more, or was given for another group', 'shares'],
      ['The secret «share_01» is not kept any more', 'shares'],
      ['The secret «share_02» is not kept any more', 'shares'],
    ])
    expect(advice.warnings[0]?.what).toBe('Old copies stay openable')
  })
})
