// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { describe, expect, it } from 'vitest'
import type { Answers, AnswerValue, ShareField } from '../../../shared/forms/form.ts'
import { ShareAnswer } from '../../../renderer/fields/ShareAnswer.tsx'
import { SecretsContext, SecretsOnScreen } from '../../../renderer/fields/commits.ts'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { unreachable } from './fakes/state.ts'
import { everythingHeld, show, type } from './window-setup.tsx'

const field: ShareField = {
  kind: 'share',
  name: 'share2',
  label: 'Share of holder 2',
  why: 'Its holder gives it alone',
  givenFor: { folderField: 'packageFolder', packageField: 'packageName' },
  others: ['share1', 'share3'],
}
const canary = Array.from({ length: 33 }, (_, index) => `canary${index}`).join(' ')

let answer: AnswerValue = null

const Holder = ({ secrets, answers }: { secrets: SecretsOnScreen; answers: Answers }) => {
  const [value, setValue] = useState<AnswerValue>(null)
  return (
    <SecretsContext value={secrets}>
      <ShareAnswer
        field={field}
        value={value}
        onChange={(next) => {
          answer = next
          setValue(next)
        }}
        error={null}
        answers={answers}
      />
    </SecretsContext>
  )
}

const start = (
  bridge: FakeBridge = createFakeBridge(),
  answers: Answers = { packageFolder: 'p-medium', share1: 'h-first' },
) => {
  answer = null
  const secrets = new SecretsOnScreen()
  const view = show(bridge, <Holder secrets={secrets} answers={answers} />)
  return { bridge, secrets, view, input: screen.getByLabelText(field.label) }
}
const calls = (bridge: FakeBridge) => bridge.calls.filter(({ name }) => name === 'escrowDrill.takeShare')

describe('a field for a share', () => {
  it('sends the words once, with the package and the shares that are there, and shows whose it is', async () => {
    const { bridge, input, view } = start()
    act(() => type(input, canary))
    fireEvent.blur(input)
    await screen.findByText(/Kept as «Share 2, Holder; check code a1b2 c3d4»/)
    expect(calls(bridge).map(({ request }) => request)).toEqual([
      {
        package: 'p-medium',
        packageName: '',
        share: { kind: 'typed', words: new TextEncoder().encode(canary) },
        others: ['h-first'],
      },
    ])
    expect(answer).toBe('h-1')
    expect(everythingHeld(view.container).includes('canary7')).toBe(false)
    expect(document.documentElement.outerHTML).not.toContain('canary7')
  })

  it('wipes the bytes that it sent', async () => {
    const bridge = createFakeBridge()
    const sent: Uint8Array[] = []
    bridge.handle('escrowDrill.takeShare', ({ share }) => {
      if (share.kind === 'typed') sent.push(share.words)
      return { handle: 'h-1', label: 'Share 2', keptAt: '2026-11-26T08:00:00Z' }
    })
    const { input } = start(bridge)
    act(() => type(input, canary))
    fireEvent.blur(input)
    await waitFor(() => expect(sent[0]?.every((byte) => byte === 0)).toBe(true))
  })

  it('sends nothing with fewer words, nor before a package is picked', async () => {
    const few = start()
    act(() => type(few.input, 'only three words'))
    fireEvent.blur(few.input)
    let outcome = new Map<string, string>()
    await act(async () => {
      outcome = await few.secrets.commitAll()
    })
    expect(outcome.get('share2')).toBe('Share of holder 2: a share has 33 words')
    expect(few.secrets.notKept()).toEqual([field.label])
    few.view.unmount()
    const none = start(createFakeBridge(), {})
    act(() => type(none.input, canary))
    fireEvent.blur(none.input)
    await screen.findByText(/no package is picked/)
    expect(calls(none.bridge)).toHaveLength(0)
  })

  it('says why main did not take it', async () => {
    const bridge = createFakeBridge()
    bridge.refuse('escrowDrill.takeShare', unreachable)
    const { input } = start(bridge)
    act(() => type(input, canary))
    fireEvent.blur(input)
    await screen.findByText(new RegExp(`Share of holder 2: ${unreachable.title.slice(0, 12)}`))
    expect(answer).toBeNull()
  })
})
