// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DoctorReport } from '../../../shared/model/ekm-doctor.ts'
import type { Problem } from '../../../shared/ipc/schemas.ts'
import { replaceHash } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import EkmDoctor from '../../../renderer/doctor/EkmDoctor.tsx'
import { createFakeBridge } from './fake-bridge.ts'
import { doctorReport } from './fakes/doctor.ts'
import { connection, unlocked } from './fakes/state.ts'
import { show } from './window-setup.tsx'

const id = connection.connection.id
const entered = '00000000-0000-4000-8000-000000000001'

beforeEach(() => {
  replaceHash(`#/connections/${id}/ekm`)
  useApp.setState({ app: unlocked, problem: null })
})

const open = (bridge = createFakeBridge()) => {
  show(bridge, <EkmDoctor id={id} />)
  return bridge
}
const press = (name: string | RegExp): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}
const asked = (bridge: ReturnType<typeof createFakeBridge>, name: string) =>
  bridge.calls.filter((call) => call.name === name).map(({ request }) => request)

describe('the page of the EKM doctor', () => {
  it('says that it is reading, and then what was found, by word', async () => {
    const bridge = createFakeBridge()
    let answer: (report: DoctorReport) => void = () => undefined
    bridge.handle('doctor.read', () => new Promise((resolve) => (answer = resolve)))
    open(bridge)
    expect(await screen.findByText(/are asked; the findings are listed/)).toBeTruthy()
    answer(doctorReport)
    expect(await screen.findByRole('heading', { level: 1, name: /1 finding needs attention/ })).toBeTruthy()
    for (const word of ['In order', 'Needs attention', 'Not read', 'Does not apply'])
      expect(screen.getAllByText(word).length).toBeGreaterThan(0)
    expect(screen.getByText(/The Windows host was not asked/)).toBeTruthy()
    expect(document.body.textContent).not.toContain('\u0007')
    expect(asked(bridge, 'doctor.read')).toEqual([
      { target: id, application: null, wrap: false, again: false },
    ])
  })

  it('a finding that needs attention has cause, test, fix and the job, and the list on top leads to it', async () => {
    open()
    const list = await screen.findByRole('list', { name: 'What needs attention' })
    fireEvent.click(within(list).getByRole('button'))
    const row = document.activeElement as HTMLElement
    for (const term of ['Cause', 'Test by hand', 'Fix']) expect(within(row).getByText(term)).toBeTruthy()
    expect(within(row).getByRole('link', { name: 'Set up: Vault' }).getAttribute('href')).toBe(
      '#/setup/vault/new',
    )
  })

  it('where nothing was read it says so, and reads again', async () => {
    const bridge = createFakeBridge()
    const problem: Problem = {
      code: 'sql-unreachable',
      kind: 'unreachable',
      title: 'SQL-01 did not answer',
      unchanged: 'Nothing was read',
      causes: [],
      next: 'Start it',
      retrySafe: true,
    }
    bridge.refuse('doctor.read', problem)
    open(bridge)
    expect(await screen.findByRole('alert')).toBeTruthy()
    expect(screen.getByRole('heading', { name: 'What does the code say?' })).toBeTruthy()
    fireEvent.click(within(screen.getByRole('alert')).getByRole('button', { name: 'Read again' }))
    await waitFor(() => expect(asked(bridge, 'doctor.read')).toHaveLength(2))
    expect(asked(bridge, 'doctor.read').map((request) => (request as { again: boolean }).again)).toEqual([
      false,
      true,
    ])
  })

  it('reads with the application that was entered, once it is one', async () => {
    const bridge = open()
    const field = await screen.findByLabelText('Client id of the application')
    fireEvent.change(field, { target: { value: 'no-id' } })
    press('Read with this application')
    expect(await screen.findByText(/is not of the form/)).toBeTruthy()
    expect(asked(bridge, 'doctor.read')).toHaveLength(1)
    fireEvent.change(field, { target: { value: ` ${entered} ` } })
    press('Read with this application')
    await waitFor(() => expect(asked(bridge, 'doctor.read')).toHaveLength(2))
    expect(asked(bridge, 'doctor.read')[1]).toEqual({
      target: id,
      application: entered,
      wrap: false,
      again: true,
    })
  })

  it.each([
    ['nobody, so those found', null],
    ['one, by id', '00000000-0000-4000-8000-000000000002'],
  ])('asks for a wrap only of what the page lists (it was read for: %s)', async (_, application) => {
    const bridge = createFakeBridge()
    bridge.handle('doctor.read', () => ({ ...doctorReport, application }))
    open(bridge)
    const field = await screen.findByLabelText('Client id of the application')
    fireEvent.change(field, { target: { value: entered } })
    expect(asked(bridge, 'doctor.read')).toHaveLength(1)
    press('Wrap and unwrap as the application')
    await waitFor(() => expect(asked(bridge, 'doctor.read')).toHaveLength(2))
    expect(asked(bridge, 'doctor.read')[1]).toEqual({ target: id, application, wrap: true, again: true })
  })

  it('explains a code in the window: nothing of it is sent', async () => {
    const bridge = open()
    await screen.findByRole('heading', { name: 'What does the code say?' })
    const before = bridge.calls.length
    fireEvent.change(screen.getByLabelText('Code or error text'), {
      target: {
        value: "Msg 33049 Key with name 'k' does not exist … Provider error code: 2058.  (Provider Error)",
      },
    })
    expect(screen.getByRole('heading', { name: /^Code 2058 of the connector/ })).toBeTruthy()
    expect(screen.getByText(/SQL 33049 says only that a key or a session was not opened/)).toBeTruthy()
    expect(bridge.calls.length).toBe(before)
  })
})
