// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { replaceHash } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import ConnectionsPage from '../../../renderer/connections/ConnectionsPage.tsx'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { hsmAnswers, tokenConnection } from './fakes/hsm.ts'
import { unlocked } from './fakes/state.ts'
import { show } from './window-setup.tsx'

const unread = {
  rows: [],
  total: 0,
  asOf: null,
  missing: [],
  by: null,
  changedBy: null,
  compared: null,
}
const open = (prepare: (bridge: FakeBridge) => void = () => undefined): FakeBridge => {
  const bridge = createFakeBridge({ connections: [tokenConnection] })
  prepare(bridge)
  replaceHash('#/connections/t-hsm/keys')
  show(bridge, <ConnectionsPage />)
  return bridge
}
const names = (bridge: FakeBridge) => bridge.calls.map(({ name }) => name)
const press = (name: string | RegExp) => act(() => void fireEvent.click(screen.getByRole('button', { name })))
const openRow = async (label: string) => {
  const cell = await screen.findByRole('gridcell', { name: label })
  act(() => void fireEvent.click(cell))
  await screen.findByRole('heading', { name: label })
}

beforeEach(() => useApp.setState({ app: unlocked, problem: null }))

it('opening the page tries no PIN: its state is told, and reading is a button', async () => {
  const bridge = open((one) => one.handle('hsm.keys', () => unread))
  await screen.findByRole('heading', { name: /Keys of token-1: not read/ })
  await screen.findByText('No wrong try is counted')
  expect(names(bridge)).not.toContain('hsm.readKeys')
  bridge.handle('hsm.keys', hsmAnswers['hsm.keys'])
  press('Log in and read the keys')
  await screen.findByRole('heading', { name: '3 keys of the token' })
  expect(names(bridge).filter((name) => name === 'hsm.readKeys')).toHaveLength(1)
})

it('a token that is gone, and a PIN that was not taken, say so and are not asked again by themselves', async () => {
  const bridge = open((one) => {
    one.handle('hsm.keys', () => unread)
    one.refuse('hsm.look', new KeyturnError('hsm-token-not-found', { token: 'token-1' }).problem)
    one.refuse('hsm.readKeys', new KeyturnError('hsm-pin-refused-before', { token: 'token-1' }).problem)
  })
  await screen.findByRole('button', { name: 'Look for the token again' })
  press('Log in and read the keys')
  await screen.findByText(/No PIN was tried: token-1 did not take this one before/)
  expect(names(bridge).filter((name) => name === 'hsm.readKeys')).toHaveLength(1)
})

it('reading again tells the state of the PIN anew, also where it was refused', async () => {
  const bridge = open()
  await screen.findByText('No wrong try is counted')
  bridge.handle('hsm.look', () => ({ pin: 'few-tries-left', pinPad: false, pinKept: true }))
  bridge.refuse('hsm.readKeys', new KeyturnError('hsm-pin-wrong', { token: 'token-1' }).problem)
  await screen.findByRole('heading', { name: '3 keys of the token' })
  press('Read again')
  await screen.findByText(/^Wrong tries were made/)
  expect(screen.queryByText('No wrong try is counted')).toBeNull()
})

it('a token whose PIN is typed at the device offers no other way to it', async () => {
  open((one) => {
    one.handle('hsm.keys', () => unread)
    one.handle('hsm.look', () => ({ pin: 'ok', pinPad: true, pinKept: false }))
  })
  await screen.findByText(/^It is typed at the device/)
  expect(screen.queryByText(/under Edit/)).toBeNull()
})

it('a token without keys says what would be here', async () => {
  open((one) =>
    one.handle('hsm.keys', () => ({ ...unread, asOf: '2026-11-26T00:00:00.000Z', by: 'a token' })),
  )
  await screen.findByText('The token has no keys')
  expect(screen.getByRole('link', { name: 'Make a key on the token' }).getAttribute('href')).toBe(
    '#/setup/hsm-key/new',
  )
})

it('a key that a run left open leads to its run, and to where else it is', async () => {
  open()
  await openRow('LEFT-OPEN')
  expect(screen.getByRole('link', { name: 'Look at the run' }).getAttribute('href')).toBe(
    '#/runs/abcdefghjkmn',
  )
  screen.getByText('Vault key https://kv.vault.azure.net/keys/k/1')
})

it('what can’t be worked on says why; what can be begins the job with the key chosen', async () => {
  const bridge = open()
  await openRow('TWICE')
  screen.getByText(/Neither another label nor its end, here: More than one key/)
  expect(screen.queryByRole('button', { name: 'Destroy the key' })).toBeNull()
  await openRow('SQLPROD-TDE-2026')
  press('Destroy the key')
  await waitFor(() => expect(window.location.hash).toMatch(/^#\/setup\/hsm-key-care\/d-/))
  const saved = bridge.calls.find(({ name }) => name === 'wizard.save')
  expect(saved?.request).toMatchObject({ answers: { hsm: 't-hsm', task: 'destroy', key: 'a1' } })
})

it('keys are compared when a person asks for it; what was not asked is named', async () => {
  const bridge = open()
  await screen.findByRole('heading', { name: '3 keys of the token' })
  expect(names(bridge)).not.toContain('hsm.compareKeys')
  bridge.handle('hsm.keys', () => ({
    ...hsmAnswers['hsm.keys'](),
    changedBy: null,
    compared: {
      at: '2026-11-26T00:00:00.000Z',
      asked: ['kv.vault.azure.net, RSA keys'],
      notAsked: ['kv-dr: it did not answer'],
    },
  }))
  press('Compare the keys')
  await screen.findByText('Not asked: kv-dr: it did not answer')
  screen.getByText(/Asked: kv.vault.azure.net, RSA keys/)
})

it('a run on keys of the token makes the list old', async () => {
  open((one) =>
    one.handle('hsm.keys', () => ({ ...hsmAnswers['hsm.keys'](), changedBy: 'abcdefghjkmn' as never })),
  )
  await screen.findByText('A run is not finished, or worked on keys of this token since they were read')
})
