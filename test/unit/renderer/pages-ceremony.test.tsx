// @vitest-environment jsdom
import { act, cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { replaceHash } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import CeremonyPage from '../../../renderer/ceremony/CeremonyPage.tsx'
import { HolderPart } from '../../../renderer/ceremony/HolderPart.tsx'
import EscrowPage from '../../../renderer/escrow/EscrowPage.tsx'
import { inFours } from '../../../renderer/ui/format.ts'
import type { Problem, ShareCheck } from '../../../shared/ipc/schemas.ts'
import type { CeremonyView } from '../../../shared/model/ceremony.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { begunCeremony, fakeEscrow, samplePlan, shareGroup } from './fakes/escrow.ts'
import { at } from './fakes/plan.ts'
import { unlocked } from './fakes/state.ts'
import { everythingHeld, show, type } from './window-setup.tsx'

const press = (name: string | RegExp): void => void fireEvent.click(screen.getByRole('button', { name }))
const heading = (name: string | RegExp) => screen.findByRole('heading', { level: 1, name })

const problem = (code: Problem['code'], title: string): Problem => ({
  code,
  kind: 'input',
  title,
  unchanged: 'Nothing was changed',
  causes: [],
  next: 'Compare',
  retrySafe: true,
})

/** A ceremony at a stage, as main shows it. */
const at3 = (change: Partial<CeremonyView>, third: Partial<CeremonyView['holders'][number]> = {}) => {
  const begun = begunCeremony(samplePlan)
  return {
    ...begun,
    turn: { number: 3, here: true },
    holders: begun.holders.map((one) =>
      one.number < 3
        ? { ...one, state: 'read-back' as const }
        : { ...one, state: 'written' as const, where: 'a', ...third },
    ),
    ...change,
  }
}

const open = (ceremony: CeremonyView | null, about: string | null = null): FakeBridge => {
  const bridge = createFakeBridge()
  bridge.handle('ceremony.state', () => ({ ceremony }))
  show(bridge, <CeremonyPage about={about} />)
  return bridge
}

beforeEach(() => {
  replaceHash('#/escrow/ceremony')
  useApp.setState({ app: unlocked, problem: null })
})

describe('before it begins', () => {
  it('names each answer that is missing, warns of M = N, and sends what was typed', async () => {
    const bridge = open(null, 'new')
    await heading(/^Who holds the shares/)
    press(/^Make 5 shares/)
    await screen.findByRole('heading', { name: '6 answers need a change' })
    expect(bridge.calls.some(({ name }) => name === 'ceremony.begin')).toBe(false)
    for (const number of [5, 4, 3]) press(`Remove holder ${number}`)
    fireEvent.change(screen.getByLabelText('Name of the group'), { target: { value: 'Keys' } })
    fireEvent.change(screen.getByLabelText('Holder of share 1'), { target: { value: 'Ana' } })
    fireEvent.change(screen.getByLabelText('Holder of share 2'), { target: { value: 'ana' } })
    await screen.findByRole('heading', { name: '2 answers need a change' })
    fireEvent.change(screen.getByLabelText('Holder of share 2'), { target: { value: 'Bo' } })
    fireEvent.change(screen.getByLabelText('Shares needed together'), { target: { value: '1' } })
    await screen.findAllByText(/with 1, each holder alone opens every package/)
    fireEvent.change(screen.getByLabelText('Shares needed together'), { target: { value: '2' } })
    await screen.findByText(/All 2 shares will be needed/)
    press(/^Make 2 shares/)
    await waitFor(() => expect(bridge.calls.some(({ name }) => name === 'ceremony.begin')).toBe(true))
    expect(bridge.calls.find(({ name }) => name === 'ceremony.begin')?.request).toEqual({
      name: 'Keys',
      threshold: 2,
      holders: [
        { name: 'Ana', medium: 'file' },
        { name: 'Bo', medium: 'file' },
      ],
      witnesses: [],
      replaces: null,
    })
    await heading('Hand over to Ana, share 1 of 2')
  })

  it('says which group it takes the place of', async () => {
    open(null, shareGroup.id)
    await heading(/replaces “Vault keys 2026”/)
  })

  it('shows the open one instead of a second', async () => {
    open(begunCeremony(samplePlan), 'new')
    await heading('Hand over to Ana Ruiz, share 1 of 3')
  })
})

describe('the part of a holder', () => {
  it('keeps words that main could not read, for mending, and empties the field when they were taken', async () => {
    const bridge = open(at3({}))
    await heading('Chidi Obi, share 3 of 3')
    const input = screen.getByLabelText('Words of the share')
    const sent: string[] = []
    bridge.handle('ceremony.typed', ({ words }) => {
      sent.push(new TextDecoder().decode(words))
      throw new Error('not reached')
    })
    bridge.refuse('ceremony.typed', problem('share-word-unknown', 'word 2 is not in the list'))
    type(input, 'academic keyturn')
    press('Compare the words of share 3')
    await screen.findByText('word 2 is not in the list')
    expect(input).toHaveProperty('value', 'academic keyturn')
    bridge.refuse('ceremony.typed', problem('ceremony-not-open', 'over'))
    press('Compare the words of share 3')
    await screen.findByText('over')
    expect(input).toHaveProperty('value', '')
    expect(everythingHeld(document.body)).not.toContain('academic keyturn')
    expect(sent).toEqual([])
  })

  it('says why a share failed, and offers to read and to write it again', async () => {
    open(
      at3(
        {},
        { state: 'failed', medium: 'file', problem: problem('share-checksum', 'its words do not fit') },
      ),
    )
    await screen.findByText('its words do not fit')
    screen.getByRole('button', { name: 'Read share 3 back' })
    screen.getByRole('button', { name: 'Choose folder and write share 3' })
  })

  it('goes blank after 60 s without a key, later when it is told, and comes back', () => {
    vi.useFakeTimers()
    try {
      show(createFakeBridge(), <HolderPart ceremony={at3({})} number={3} onChanged={() => undefined} />)
      const wait = (seconds: number) => act(() => void vi.advanceTimersByTime(seconds * 1000))
      const blanked = (): boolean => screen.queryByText(/This page was blanked/) !== null
      wait(59)
      // The wait begins anew with a key.
      act(() => void fireEvent.keyDown(document.body, { key: 'a' }))
      wait(59)
      expect(blanked()).toBe(false)
      wait(1)
      screen.getByText(
        'This page was blanked after 60 seconds without a key or a click. The ceremony goes on.',
      )
      expect(screen.queryByRole('heading', { level: 1 })).toBeNull()
      act(() => press('Show the page again'))
      expect(screen.queryByRole('heading', { level: 1 })).not.toBeNull()
      act(() => press(/^Show longer/))
      wait(299)
      expect(blanked()).toBe(false)
      wait(1)
      screen.getByText(/This page was blanked after 300 seconds/)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the end', () => {
  it('of a void one lists the sheets by where they are', async () => {
    open(
      at3({
        state: 'void',
        turn: null,
        ended: at,
        because: 'locked',
        toDestroy: [
          { number: 1, holder: 'Ana Ruiz', medium: 'file', where: '/media/a: x.txt' },
          { number: 3, holder: 'Chidi Obi', medium: 'paper', where: null },
        ],
      }),
    )
    await heading('The ceremony of “Vault keys 2026” is void: the keyring was locked in the middle of it')
    const list = within(screen.getByRole('region', { name: 'To be destroyed' }))
    expect(list.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      'Share 1, Ana Ruiz: /media/a: x.txt',
      'Share 3, Chidi Obi: every printed sheet',
    ])
  })
})

describe('the end of one that takes the place of a group', () => {
  const ended = (packages: number): void => {
    const bridge = createFakeBridge()
    const replaces = { id: shareGroup.id, name: shareGroup.name }
    bridge.handle('ceremony.state', () => ({
      ceremony: at3({ state: 'active', turn: null, ended: at, replaces }),
    }))
    bridge.handle('escrow.group', () => ({ ...shareGroup, state: 'replaced', packages }))
    show(bridge, <CeremonyPage about={null} />)
  }

  it('leads to wrapping its packages anew', async () => {
    ended(2)
    await screen.findByRole('link', { name: 'Wrap packages anew for the new group' })
  })

  it('leads nowhere where it has no packages', async () => {
    ended(0)
    await heading(/is active/)
    await screen.findByRole('link', { name: 'Go to Escrow' })
    expect(screen.queryByText(/Wrap packages anew/)).toBeNull()
  })
})

describe('the page Escrow', () => {
  it('that can’t be read says so, and reads again', async () => {
    const bridge = createFakeBridge()
    bridge.refuse('escrow.groups', problem('internal', 'not read'))
    show(bridge, <EscrowPage part={null} about={null} />)
    await screen.findByText('not read')
    screen.getByRole('button', { name: 'Read share groups again' })
  })

  it('shows the details of the row that was opened beside its table, until they are closed', async () => {
    show(createFakeBridge(), <EscrowPage part={null} about={null} />)
    fireEvent.click(await screen.findByRole('gridcell', { name: 'Ana Ruiz, Bo Chen, Chidi Obi' }))
    const pane = await screen.findByRole('complementary', { name: 'Vault keys 2026' })
    expect(screen.getAllByRole('complementary')).toEqual([pane])
    fireEvent.keyDown(pane, { key: 'Escape' })
    expect(screen.queryByRole('complementary')).toBeNull()
  })

  it('leads back to a ceremony that is not over', async () => {
    const bridge = createFakeBridge()
    bridge.handle('ceremony.state', () => ({ ceremony: at3({}) }))
    show(bridge, <EscrowPage part={null} about={null} />)
    await screen.findByText('The ceremony of “Vault keys 2026” is not over: 2 of 3 shares read back')
    expect(screen.getByRole('link', { name: 'Go on with the ceremony' }).getAttribute('href')).toBe(
      '#/escrow/ceremony',
    )
  })

  it('says of a package what was checked, and that its signer is known from it alone', async () => {
    const bridge = createFakeBridge()
    bridge.handle('places.pick', () => ({ place: { id: 'p-1', label: '/media/one' }, picker: null }))
    show(bridge, <EscrowPage part="verify" about={null} />)
    press('Choose folder and verify')
    await screen.findByText(/known from the package alone/)
    screen.getByText(/Not checked: whether the items open/)
  })

  /** The shape of a tick, as it is drawn beside each word that says something is so. */
  const tick = (): number => document.querySelectorAll('svg path[d="M6 10.2l2.8 2.8L14.2 7.4"]').length

  it.each([
    ['known', 'same', true],
    ['known', 'other', false],
    ['package-only', 'same', false],
    ['package-only', 'not-listed', false],
  ] as const)(
    'of a package whose signer is %s and which is %s in the list: a tick is %s',
    async (...given) => {
      const [standing, listed, ticked] = given
      const bridge = createFakeBridge()
      const sample = fakeEscrow()['escrow.verifyPackage']({ place: asPlaceId('p-1') })
      bridge.handle('places.pick', () => ({ place: { id: 'p-1', label: '/media/one' }, picker: null }))
      bridge.handle('escrow.verifyPackage', () => ({
        ...sample,
        signer: { ...sample.signer, standing },
        listed,
      }))
      show(bridge, <EscrowPage part="verify" about={null} />)
      press('Choose folder and verify')
      await screen.findByText(/manifest and signature fit together/)
      expect(tick() > 0).toBe(ticked)
    },
  )

  const checked = async (change: Partial<ShareCheck>): Promise<void> => {
    const bridge = createFakeBridge()
    const words = new Uint8Array()
    const sample = fakeEscrow()['escrow.checkShare']({
      against: { kind: 'group', group: shareGroup.id },
      share: { kind: 'typed', words },
    })
    bridge.handle('places.pick', () => ({ place: { id: 'p-1', label: '/media/one' }, picker: null }))
    bridge.handle('escrow.checkShare', () => ({ ...sample, ...change }))
    show(bridge, <EscrowPage part="check" about={shareGroup.id} />)
    press('Choose folder of the share')
    await screen.findByRole('radio', { name: 'keyturn-share-aaaaaaaaaaaa-1-of-3.txt' })
    press('Check this share')
    await screen.findByRole('status', { name: 'Answer' })
  }
  const signer = { fingerprint: 'ef56'.repeat(16), standing: 'package-only' } as const

  it('says OK of a share that the list of this profile, or a manifest by a key of the record, has', async () => {
    await checked({})
    screen.getByText('Share 1 of 3 of the group “Vault keys 2026”')
    expect(tick()).toBe(1)
    expect(screen.queryByText('Signed by')).toBeNull()
    cleanup()
    await checked({ signer: { ...signer, standing: 'known' } })
    screen.getByText('a key that the record of this profile names')
    expect(tick()).toBe(1)
  })

  it('never says OK of a share that only a package of an unknown signer lists', async () => {
    await checked({ signer })
    screen.getByText(
      'This share fits this manifest as 1 of 3 of the group “Vault keys 2026”; who signed it is not known here',
    )
    screen.getByText(inFours('EF56'.repeat(16)))
    screen.getByText(/Compare the signing key with the key of the record on the sheet/)
    expect(tick()).toBe(0)
    cleanup()
    await checked({ signer, belongs: false, number: null })
    screen.getByText(
      'This share is not in this manifest of the group “Vault keys 2026”; who signed it is not known here',
    )
    expect(tick()).toBe(0)
  })
})
