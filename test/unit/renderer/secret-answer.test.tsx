// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { describe, expect, it } from 'vitest'
import type { AnswerValue, SecretField } from '../../../shared/forms/form.ts'
import { SecretAnswer } from '../../../renderer/fields/SecretAnswer.tsx'
import { SecretsContext, SecretsOnScreen } from '../../../renderer/fields/commits.ts'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { unreachable } from './fakes/state.ts'
import { everythingHeld, show, type } from './window-setup.tsx'

const field: SecretField = {
  kind: 'secret',
  name: 'password',
  label: 'Password of the key file',
  why: 'It opens the file',
  purpose: 'sql.key-file-password',
  secretRule: 'key-file-password',
  canGenerate: true,
  existing: false,
}
const canary = 'Canary-in-a-Mine-77'

let answer: AnswerValue = null

const Holder = ({ secrets }: { secrets: SecretsOnScreen }) => {
  const [value, setValue] = useState<AnswerValue>(null)
  return (
    <SecretsContext value={secrets}>
      <SecretAnswer
        field={field}
        value={value}
        onChange={(next) => {
          answer = next
          setValue(next)
        }}
        error={null}
        target="t-production"
      />
    </SecretsContext>
  )
}

const start = (bridge: FakeBridge = createFakeBridge()) => {
  answer = null
  const secrets = new SecretsOnScreen()
  const view = show(bridge, <Holder secrets={secrets} />)
  return { bridge, secrets, view, input: screen.getByLabelText(field.label) }
}

const keepCalls = (bridge: FakeBridge) => bridge.calls.filter(({ name }) => name === 'secrets.keep')

describe('a secret field', () => {
  it('sends the bytes once, for this purpose and target, and keeps only the handle', async () => {
    const { bridge, input } = start()
    act(() => type(input, canary))
    fireEvent.blur(input)
    await screen.findByText(/Kept as «Password of the key file», entered \d\d:\d\d/)
    expect(keepCalls(bridge)).toHaveLength(1)
    expect(keepCalls(bridge)[0]?.request).toEqual({
      purpose: 'sql.key-file-password',
      target: 't-production',
      label: field.label,
      rule: 'key-file-password',
      bytes: new TextEncoder().encode(canary),
    })
    expect(answer).toBe('h-1')
  })

  it('leaves the text neither in the page nor in anything React holds', async () => {
    const { input, view } = start()
    act(() => type(input, canary))
    expect(everythingHeld(view.container).includes(canary)).toBe(false)
    fireEvent.blur(input)
    await screen.findByText(/Kept as/)
    expect(document.documentElement.outerHTML).not.toContain(canary)
    expect(everythingHeld(view.container).includes(canary)).toBe(false)
    expect((input as HTMLInputElement).value).toBe('')
  })

  it('wipes the bytes that it sent', async () => {
    const bridge = createFakeBridge()
    const sent: Uint8Array[] = []
    bridge.handle('secrets.keep', ({ bytes }) => {
      sent.push(bytes)
      return { handle: 'h-1', keptAt: '2026-05-04T08:00:00Z' }
    })
    const { input } = start(bridge)
    act(() => type(input, canary))
    fireEvent.blur(input)
    await waitFor(() => expect(sent).toHaveLength(1))
    await waitFor(() => expect(sent[0]?.every((byte) => byte === 0)).toBe(true))
  })

  it('says which rules are met while typing and sends nothing that breaks one', async () => {
    const { bridge, input, secrets } = start()
    act(() => type(input, 'short'))
    expect(screen.getByText('Not met: 16 to 128 characters')).toBeTruthy()
    fireEvent.blur(input)
    let outcome = new Map<string, string>()
    await act(async () => {
      outcome = await secrets.commitAll()
    })
    expect(outcome.get('password')).toBe('Password of the key file: 2 rules are not met')
    expect(keepCalls(bridge)).toHaveLength(0)
    expect(secrets.notKept()).toEqual([field.label])
  })

  it('says so when main did not keep it', async () => {
    const bridge = createFakeBridge()
    bridge.refuse('secrets.keep', unreachable)
    const { input } = start(bridge)
    act(() => type(input, canary))
    fireEvent.blur(input)
    expect(await screen.findByText(/was not kept/)).toBeTruthy()
    expect(document.documentElement.outerHTML).not.toContain(canary)
  })

  it('hides the text again when the window loses focus', () => {
    const { input } = start()
    act(() => type(input, canary))
    fireEvent.click(screen.getByRole('button', { name: 'Show' }))
    expect(input.getAttribute('type')).toBe('text')
    fireEvent(window, new Event('blur'))
    expect(input.getAttribute('type')).toBe('password')
  })

  it('makes one in main and shows nothing of it', async () => {
    const { bridge } = start()
    fireEvent.click(screen.getByRole('button', { name: 'Generate' }))
    await screen.findByText(/Kept as/)
    expect(bridge.calls.map(({ name }) => name)).toContain('secrets.generate')
    expect(answer).toBe('h-1')
  })

  it('asks again for a secret that was kept only until lock', async () => {
    const bridge = createFakeBridge()
    const { input } = start(bridge)
    bridge.handle('secrets.about', () => ({ found: false, label: '', keptAt: null }))
    act(() => type(input, canary))
    fireEvent.blur(input)
    expect(await screen.findByText('Enter again: kept only until lock')).toBeTruthy()
    expect(answer).toBeNull()
  })
})
