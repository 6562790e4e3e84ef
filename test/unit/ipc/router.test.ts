import { describe, expect, it } from 'vitest'
import { createRouter, joinHandlers, type Handlers } from '../../../electron/ipc/router.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { channelNames, contract } from '../../../shared/ipc/contract.ts'
import type { Channel } from '../../../shared/ipc/channel.ts'
import { toyRouter, window } from './toy-handlers.ts'

const complete = () => Object.fromEntries(channelNames.map((name) => [name, async () => ({ done: true })]))

describe('the channels', () => {
  it('are exactly these; a new one is added here on purpose', () => {
    expect([...channelNames].sort()).toEqual(
      [
        'app.active',
        'app.copy',
        'app.leaveRehearsal',
        'app.openRehearsal',
        'app.setScheme',
        'app.state',
        'audit.anchorToPrint',
        'audit.compareAnchor',
        'audit.export',
        'audit.page',
        'audit.saveAnchor',
        'ceremony.begin',
        'ceremony.readBack',
        'ceremony.state',
        'ceremony.stop',
        'ceremony.take',
        'ceremony.typed',
        'ceremony.write',
        'connections.acceptIdentity',
        'connections.leastPrivilegeScript',
        'connections.list',
        'connections.remove',
        'connections.save',
        'connections.test',
        'doctor.export',
        'doctor.read',
        'doctor.script',
        'drills.page',
        'escrow.checkShare',
        'escrow.findShares',
        'escrow.group',
        'escrow.groups',
        'escrow.packages',
        'escrow.verifyPackage',
        'escrowDrill.takeShare',
        'hsm.browse',
        'hsm.choose',
        'hsm.compareKeys',
        'hsm.inspect',
        'hsm.keys',
        'hsm.load',
        'hsm.look',
        'hsm.modules',
        'hsm.probe',
        'hsm.readKeys',
        'hsm.report',
        'keyring.backUp',
        'keyring.changePassphrase',
        'keyring.create',
        'keyring.findBackups',
        'keyring.lock',
        'keyring.osStore',
        'keyring.recoverySheet',
        'keyring.restore',
        'keyring.saveRecoverySheet',
        'keyring.setOuterWrap',
        'keyring.unlock',
        'keys.page',
        'places.browse',
        'places.choose',
        'places.label',
        'places.pick',
        'print.content',
        'print.ready',
        'print.save',
        'rehearsal.carryFiles',
        'rehearsal.loseKey',
        'rehearsal.reset',
        'rehearsal.restartServer',
        'runs.get',
        'runs.leave',
        'runs.list',
        'runs.look',
        'runs.report',
        'runs.resume',
        'runs.retry',
        'runs.start',
        'runs.stop',
        'runs.undo',
        'secrets.about',
        'secrets.drop',
        'secrets.generate',
        'secrets.keep',
        'secrets.list',
        'serverFiles.list',
        'settings.read',
        'settings.save',
        'settings.setAutoLock',
        'tables.export',
        'tables.saveViews',
        'tables.views',
        'wizard.check',
        'wizard.deleteDraft',
        'wizard.drafts',
        'wizard.export',
        'wizard.facts',
        'wizard.form',
        'wizard.jobs',
        'wizard.open',
        'wizard.preview',
        'wizard.restoreDraft',
        'wizard.review',
        'wizard.save',
        'wizard.snippet',
      ].sort(),
    )
  })

  it('that answer while the keyring is locked are exactly these', () => {
    const open = channelNames.filter((name) => (contract[name] as Channel).whileLocked)
    expect(open.sort()).toEqual([
      'app.leaveRehearsal',
      'app.openRehearsal',
      'app.setScheme',
      'app.state',
      'keyring.create',
      'keyring.findBackups',
      'keyring.lock',
      'keyring.restore',
      'keyring.unlock',
      'places.browse',
      'places.choose',
      'places.pick',
    ])
  })
})

describe('handlers at start', () => {
  it('one that is missing is named', () => {
    const rest: Record<string, unknown> = complete()
    delete rest['runs.undo']
    expect(() => joinHandlers(rest as Partial<Handlers>)).toThrow('channels without a handler: runs.undo')
  })

  it('one channel in two groups is named', () => {
    const again = { 'app.state': async () => ({}) } as unknown as Partial<Handlers>
    expect(() => joinHandlers(complete() as unknown as Partial<Handlers>, again)).toThrow(
      'channel app.state has two handlers',
    )
  })

  it('one without a channel is named, by the router too', () => {
    const more = { ...complete(), 'runs.forge': async () => ({}) } as unknown as Handlers
    const options = { isLocked: () => false, onRefused: () => undefined, onFault: () => undefined }
    expect(() => createRouter({ handlers: more, ...options })).toThrow(
      'handlers without a channel: runs.forge',
    )
  })
})

describe('a request', () => {
  it('reaches its handler parsed, and its answer comes back', async () => {
    const { router, calls } = toyRouter({ 'app.state': () => ({ version: '1' }) })
    expect(await router.dispatch(window, 'app.state', {})).toEqual({ ok: true, value: { version: '1' } })
    expect(calls).toEqual([{ channel: 'app.state', request: {} }])
  })

  it('is refused while the keyring is locked, unless its channel is for that', async () => {
    const { router, calls, refused } = toyRouter({}, true)
    const answer = await router.dispatch(window, 'connections.list', {})
    expect(answer).toMatchObject({ ok: false, problem: { code: 'keyring-locked' } })
    expect(await router.dispatch(window, 'app.state', {})).toMatchObject({ ok: true })
    expect(calls.map(({ channel }) => channel)).toEqual(['app.state'])
    expect(refused.map(({ channel }) => channel)).toEqual(['connections.list'])
  })

  it('has its bytes while the handler works, and zeros when the answer is there', async () => {
    const passphrase = new TextEncoder().encode('correct horse')
    let seen = ''
    const { router } = toyRouter({
      'keyring.unlock': async ({ passphrase: given }: { passphrase: Uint8Array }) => {
        await Promise.resolve()
        seen = new TextDecoder().decode(given)
      },
    })
    await router.dispatch(window, 'keyring.unlock', { passphrase })
    expect(seen).toBe('correct horse')
    expect(passphrase.every((byte) => byte === 0)).toBe(true)
  })

  it('gets our own error as it is, and nobody is told of a fault', async () => {
    const { router, faults } = toyRouter({
      'runs.list': () => {
        throw new KeyturnError('not-found', { what: 'Run r-1' })
      },
    })
    const answer = await router.dispatch(window, 'runs.list', {})
    expect(answer).toMatchObject({ ok: false, problem: { code: 'not-found', title: 'Run r-1 is not there' } })
    expect(faults).toEqual([])
  })
})
