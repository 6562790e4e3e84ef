// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { App } from '../../../renderer/app/App.tsx'
import { watchActivity } from '../../../renderer/app/activity.ts'
import { replaceHash } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import { useNotices } from '../../../renderer/app/state/notices.ts'
import { PasswordDetails } from '../../../renderer/keyring/PasswordDetails.tsx'
import { attentionOf } from '../../../renderer/overview/Attention.tsx'
import SettingsPage from '../../../renderer/settings/SettingsPage.tsx'
import type { AppState } from '../../../shared/ipc/schemas.ts'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { keptSecrets, unlocked, unreachable } from './fakes/state.ts'
import { everythingHeld, show, type } from './window-setup.tsx'

const present = 'meadow copper lantern seven'
const next = 'copper lantern meadow eight'
const bytes = (text: string) => new TextEncoder().encode(text)
const press = (name: string | RegExp): void => void fireEvent.click(screen.getByRole('button', { name }))
const sent = (bridge: FakeBridge, channel: string): unknown[] =>
  bridge.calls.filter(({ name }) => name === channel).map(({ request }) => request)

const chooseFolder = async (button: string): Promise<void> => {
  press(button)
  const dialog = within(await screen.findByRole('dialog'))
  fireEvent.click(await dialog.findByRole('button', { name: 'Use this folder' }))
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  // The page behind it comes back a moment later.
  await screen.findByRole('heading', { name: 'Keyring and lock' })
}

const openSettings = async (app: AppState = unlocked): Promise<FakeBridge> => {
  useApp.setState({ app })
  const bridge = createFakeBridge({ app })
  show(bridge, <SettingsPage />)
  await screen.findByRole('heading', { name: 'Keyring and lock' })
  return bridge
}

beforeEach(() => {
  replaceHash('#/overview')
  useApp.setState({ app: unlocked, problem: null })
  useNotices.setState({ notices: [] })
})

describe('what is due about the keyring', () => {
  const upkeep = unlocked.upkeep
  if (upkeep === null) throw new Error('no upkeep')
  const texts = (changed: Partial<typeof upkeep>): string[] =>
    attentionOf([], [], { ...upkeep, ...changed }).map(({ text }) => text)

  it('stands among what needs attention, with the number of changes and the time of the last one', () => {
    const nothing = texts({})
    expect(nothing).toEqual(['No server is connected, so nothing is known about any key'])
    const due = texts({
      backup: { ...upkeep.backup, due: true, changes: 3 },
      sheet: { because: 'parameters', madeAt: upkeep.sheet.madeAt },
    })
    expect(due[0]).toMatch(/^Keyring backup due: the last was reopened on .+; 3 changes since$/)
    expect(due[1]).toMatch(
      /^Recovery sheet due: the last one has the salt and parameters of before \(made .+\)$/,
    )
    expect(texts({ backup: { due: true, changes: 1, last: null } })[0]).toBe(
      'Keyring backup due: none was made and reopened; 1 change so far',
    )
  })
})

describe('a keyring backup from the settings', () => {
  it('names what is missing, then sends folder and passphrase once and says what was reopened', async () => {
    const bridge = await openSettings()
    press('Back up keyring')
    press('Write and reopen the backup')
    await screen.findByText('Choose a folder first')
    await chooseFolder('Choose folder')
    press('Write and reopen the backup')
    await screen.findByText('Enter the passphrase first')
    act(() => type(screen.getByLabelText('Passphrase of the keyring'), present))
    press('Write and reopen the backup')
    await screen.findByText(/was written to \/home\/aruiz\/Keys and reopened from there: 2 secrets$/)
    expect(sent(bridge, 'keyring.backUp')).toEqual([{ place: 'pl-e-home', passphrase: bytes(present) }])
    expect(screen.getByLabelText('Passphrase of the keyring')).toHaveProperty('value', '')
    expect(everythingHeld(document.body)).not.toContain(present)
  })
})

describe('a new passphrase', () => {
  it('checks the rules, sends both once as bytes, and keeps neither', async () => {
    const bridge = await openSettings()
    press('Change passphrase')
    press('Change the passphrase')
    await screen.findByText('Enter the present passphrase first')
    act(() => type(screen.getByLabelText('Present passphrase'), present))
    act(() => type(screen.getByLabelText('New passphrase'), 'short'))
    press('Change the passphrase')
    await screen.findByText('The passphrase is as it was: a rule above is not met')
    expect(sent(bridge, 'keyring.changePassphrase')).toEqual([])
    act(() => type(screen.getByLabelText('New passphrase'), next))
    press('Change the passphrase')
    await screen.findByText(/opens with the new passphrase: 2 secrets and 0 sealed runs encrypted anew$/)
    expect(sent(bridge, 'keyring.changePassphrase')).toEqual([{ present: bytes(present), next: bytes(next) }])
    for (const text of [present, next]) expect(everythingHeld(document.body)).not.toContain(text)
  })

  it('a refusal is shown, and both inputs are empty again', async () => {
    const bridge = await openSettings()
    bridge.refuse('keyring.changePassphrase', { ...unreachable, title: 'The keyring did not open' })
    press('Change passphrase')
    act(() => type(screen.getByLabelText('Present passphrase'), present))
    act(() => type(screen.getByLabelText('New passphrase'), next))
    press('Change the passphrase')
    await screen.findByText('The keyring did not open')
    for (const label of ['Present passphrase', 'New passphrase'])
      expect(screen.getByLabelText(label)).toHaveProperty('value', '')
    expect(document.activeElement).toBe(screen.getByLabelText('Present passphrase'))
  })
})

describe('a restore', () => {
  it('shows what would be gone before it is pressed, takes no broken file, and says what is gone after', async () => {
    const bridge = await openSettings()
    press('Restore a backup')
    await chooseFolder('Choose folder with backups')
    await screen.findByText('2 keyring files in this folder, newest first')
    const [good, broken] = screen
      .getAllByRole('radio')
      .filter((one) => one.getAttribute('name') === 'keyring-backup')
    screen.getByText(/It lacks 1 secret of the present keyring, or has them as they were before: later\./)
    expect(broken?.getAttribute('aria-disabled')).toBe('true')
    if (broken) fireEvent.click(broken)
    press('Restore this backup')
    await screen.findByText('Choose a folder and a backup first')
    if (good) fireEvent.click(good)
    act(() => type(screen.getByLabelText('Passphrase of the backup'), present))
    press('Restore this backup')
    await waitFor(() => expect(useNotices.getState().notices).toHaveLength(1))
    expect(JSON.stringify(useNotices.getState().notices)).toContain('as they were before: later')
    expect(sent(bridge, 'keyring.restore')).toEqual([
      {
        place: 'pl-e-home',
        name: 'keyturn-keyring-k3yr1ngk3yr1-2026-05-04T100000000Z.json',
        passphrase: bytes(present),
      },
    ])
  })

  it('is there on the lock page, and at a first start', async () => {
    const locked: AppState = { ...unlocked, keyring: { state: 'locked', waitSeconds: 7 }, upkeep: null }
    useApp.setState({ app: locked })
    const view = show(createFakeBridge({ app: locked }), <App />)
    await screen.findByText('After failed attempts the next one is possible in 7 s.')
    press('Restore a keyring backup')
    await screen.findByRole('button', { name: 'Choose folder with backups' })
    view.unmount()
    const absent: AppState = { ...unlocked, keyring: { state: 'absent', waitSeconds: 0 }, upkeep: null }
    useApp.setState({ app: absent })
    show(createFakeBridge({ app: absent }), <App />)
    fireEvent.click(await screen.findByRole('button', { name: 'Restore a keyring backup' }))
    await screen.findByRole('button', { name: 'Choose folder with backups' })
  })
})

describe('the seal by the operating system', () => {
  it('says that it is not possible here when it is pressed', async () => {
    await openSettings()
    press('Seal by the operating system')
    press('Seal the keyring by the operating system')
    await screen.findByText('Not possible here: this window has no such store')
  })

  it('says what it costs, and sends the passphrase once', async () => {
    const bridge = createFakeBridge()
    bridge.handle('keyring.osStore', () => ({ on: null, usable: 'Windows DPAPI', because: null }))
    show(bridge, <SettingsPage />)
    await waitFor(() => expect(sent(bridge, 'keyring.osStore')).toHaveLength(1))
    press('Seal by the operating system')
    screen.getByText(/opens on this computer and in this account only/)
    act(() => type(screen.getByLabelText('Passphrase of the keyring'), present))
    press('Seal the keyring by Windows DPAPI')
    await waitFor(() =>
      expect(sent(bridge, 'keyring.setOuterWrap')).toEqual([{ on: true, passphrase: bytes(present) }]),
    )
  })
})

describe('the automatic lock', () => {
  it('is set in minutes within its limits; the window says what it can’t see', async () => {
    const bridge = await openSettings()
    screen.getByText(/This window does not learn of a locked screen or of sleep/)
    const field = screen.getByLabelText('Lock when nobody used the window for')
    act(() => type(field, '1'))
    press('Save time')
    await screen.findByText('A whole number of minutes from 2 to 240')
    act(() => type(field, '30'))
    press('Save time')
    await waitFor(() => expect(sent(bridge, 'settings.setAutoLock')).toEqual([{ minutes: 30 }]))
  })

  it('warns in a dialog that takes focus on Stay unlocked, and is ended by it', async () => {
    const soon: AppState = {
      ...unlocked,
      autoLock: { minutes: 15, warning: { seconds: 60, extendable: true }, watches: 'window' },
    }
    useApp.setState({ app: soon })
    const bridge = createFakeBridge({ app: soon })
    show(bridge, <App />)
    const dialog = await screen.findByRole('alertdialog', { name: 'Keyturn locks soon' })
    const stay = within(dialog).getByRole('button', { name: 'Stay unlocked' })
    await waitFor(() => expect(document.activeElement).toBe(stay))
    fireEvent.click(stay)
    await waitFor(() => expect(sent(bridge, 'app.active').length).toBeGreaterThan(0))
    act(() => useApp.setState({ app: unlocked }))
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
  })

  it('hears of a person at most every 20 s, at once during the warning, and never while locked', () => {
    const bridge = createFakeBridge()
    window.keyturn = bridge
    let now = 0
    const stop = watchActivity(() => now)
    const sign = (at: number): number => {
      now = at
      fireEvent.keyDown(document.body, { key: 'Tab' })
      return sent(bridge, 'app.active').length
    }
    expect([sign(0), sign(1_000), sign(19_999), sign(20_000)]).toEqual([1, 1, 1, 2])
    useApp.setState({
      app: { ...unlocked, autoLock: { ...unlocked.autoLock, warning: { seconds: 60, extendable: true } } },
    })
    expect([sign(20_001), sign(20_002)]).toEqual([3, 4])
    useApp.setState({ app: { ...unlocked, keyring: { state: 'locked', waitSeconds: 0 } } })
    expect(sign(90_000)).toBe(4)
    stop()
    useApp.setState({ app: unlocked })
    expect(sign(190_000)).toBe(4)
  })
})

describe('a kept password', () => {
  it('shows the copies it opens; a used one is refused with the list, an unused one is dropped after a question', async () => {
    const bridge = createFakeBridge()
    const [used, unused] = keptSecrets
    if (!used || !unused) throw new Error('no rows')
    const closed: string[] = []
    const view = show(
      bridge,
      <PasswordDetails row={used} onClose={() => undefined} onDropped={() => closed.push('used')} />,
    )
    screen.getByText(/KT_Backup_2026\.pvk$/, { selector: 'dd' })
    screen.getByText('connection ktr-sql-01 signs in with it')
    bridge.refuse('secrets.drop', {
      ...unreachable,
      title: 'The kept password was not dropped: it opens KT_Backup_2026',
    })
    press('Drop this password')
    press('Drop KT_Backup_2026.pvk')
    await screen.findByText('The kept password was not dropped: it opens KT_Backup_2026')
    view.unmount()
    const free = createFakeBridge()
    show(
      free,
      <PasswordDetails row={unused} onClose={() => undefined} onDropped={() => closed.push('unused')} />,
    )
    press('Drop this password')
    const cancel = await screen.findByRole('button', { name: 'Cancel' })
    await waitFor(() => expect(document.activeElement).toBe(cancel))
    press('Drop Tried once')
    await waitFor(() => expect(closed).toEqual(['unused']))
    expect(sent(free, 'secrets.drop')).toEqual([{ handle: 'h-unused' }])
  })
})
