/**
 * Attack: a page that was taken over uses the channels of the Audit page to write where nobody picked a folder, to make
 * main hang on a pasted text, to learn of the record while the keyring is locked, or to plant the key that countersigns
 * the record. Each attempt must end as a refusal; nothing is written, and no entry says that it was.
 */
import { describe, expect, it } from 'vitest'
import type { ChannelName } from '../../shared/ipc/contract.ts'
import { toyRouter, window } from '../unit/ipc/toy-handlers.ts'
import { auditHouse, place } from '../unit/record/audit-house.ts'

const channels: [ChannelName, object][] = [
  ['audit.saveAnchor', { place }],
  ['audit.anchorToPrint', {}],
  ['audit.compareAnchor', { anchor: '' }],
  ['audit.export', { place, from: 1 }],
]

const attacked = (locked = false) => {
  const house = auditHouse()
  return { house, ...toyRouter(house.handlers, locked) }
}

const untouched = ({ record, files }: ReturnType<typeof auditHouse>): void =>
  expect([files(), record.head().count]).toEqual([[], 4])

describe.each(channels)('%s', (channel, request) => {
  it('answers no foreign frame', async () => {
    const { house, router, calls } = attacked()
    const answer = await router.dispatch({ isMainFrame: false, origin: 'keyturn://app' }, channel, request)
    expect(answer).toMatchObject({ ok: false, problem: { code: 'ipc-refused' } })
    expect(calls).toEqual([])
    untouched(house)
  })

  it('is refused while the keyring is locked', async () => {
    const { house, router, calls } = attacked(true)
    const answer = await router.dispatch(window, channel, request)
    expect(answer).toMatchObject({ ok: false, problem: { code: 'keyring-locked' } })
    expect(calls).toEqual([])
    untouched(house)
  })
})

describe('requests that want more', () => {
  it.each([
    ['audit.saveAnchor', { place: '../../etc' }],
    ['audit.saveAnchor', { place: '/etc/cron.d' }],
    ['audit.saveAnchor', { place: 'C:\\Windows' }],
    ['audit.saveAnchor', {}],
    ['audit.anchorToPrint', { text: '<img onerror=alert(1)>' }],
    ['audit.export', { place, from: 0 }],
    ['audit.export', { place, from: -1 }],
    ['audit.export', { place, from: 1.5 }],
    ['audit.export', { place, from: Number.NaN }],
    ['audit.export', { place, from: 1e300 }],
    ['audit.export', { place, from: '1; DROP TABLE entry' }],
    ['audit.export', { place: ['p-aaaaaaaaaaaa'], from: 1 }],
    ['audit.compareAnchor', { anchor: 'x'.repeat(4_001) }],
    ['audit.compareAnchor', { anchor: new Uint8Array(64) }],
    ['audit.compareAnchor', { anchor: { toString: 1 } }],
    ['secrets.keep', keep('record.countersign')],
    ['secrets.generate', { purpose: 'record.countersign', target: null, label: 'mine' }],
  ] as [ChannelName, object][])('%s %j: refused before any handler', async (channel, request) => {
    const { house, router, calls, faults } = attacked()
    const answer = await router.dispatch(window, channel, request)
    expect(answer).toMatchObject({ ok: false, problem: { code: 'ipc-payload' } })
    expect([calls, faults]).toEqual([[], []])
    untouched(house)
  })

  it.each(['audit.saveAnchor', 'audit.export'] as const)(
    '%s with a place that nobody picked',
    async (channel) => {
      const { house, router } = attacked()
      const answer = await router.dispatch(window, channel, { place: 'p-bbbbbbbbbbbb', from: 1 })
      expect(answer).toMatchObject({ ok: false, problem: { code: 'not-found' } })
      untouched(house)
    },
  )

  it.each([
    ['digits without end', '9'.repeat(4_000)],
    ['colons', ':'.repeat(4_000)],
    ['almost anchors', `${'1'.repeat(15)}:${'a'.repeat(63)} `.repeat(50)],
    ['spaces', ' '.repeat(4_000)],
    ['control characters and markup', '\u0000\u202e<script>'.repeat(300)],
    ['a count beyond any record', `999999999999999:${'a'.repeat(64)}`],
  ])('audit.compareAnchor with %s: an answer that repeats nothing of it', async (_what, anchor) => {
    const { house, router, faults } = attacked()
    const answer = await router.dispatch(window, 'audit.compareAnchor', { anchor })
    expect(answer).toMatchObject({
      ok: true,
      value: { state: expect.stringMatching(/^(unreadable|differs)$/) },
    })
    expect(JSON.stringify(answer)).not.toContain('script')
    expect(faults).toEqual([])
    untouched(house)
  })
})

function keep(purpose: string): object {
  return { purpose, target: null, label: 'mine', rule: 'existing-password', bytes: new Uint8Array(138) }
}
