// @vitest-environment jsdom
import { act, screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { App } from '../../../renderer/app/App.tsx'
import { parseRoute } from '../../../renderer/app/routes.ts'
import { followApp, useApp } from '../../../renderer/app/state/app-state.ts'
import { notify, useNotices } from '../../../renderer/app/state/notices.ts'
import { childOf, parentOf } from '../../../renderer/fields/server-folder.ts'
import { inFours, withoutControls } from '../../../renderer/ui/format.ts'
import { foldPath } from '../../../renderer/ui/PathText.tsx'
import { withHoles } from '../../../renderer/ui/script/holes.ts'
import { compareThumbprints } from '../../../renderer/ui/Thumbprint.tsx'
import { createFakeBridge, interrupted } from './fake-bridge.ts'
import { inRehearsal, unlocked } from './fakes/state.ts'
import { show } from './window-setup.tsx'

describe('addresses', () => {
  it.each([
    ['', { page: 'overview' }],
    ['#/keys', { page: 'keys' }],
    ['#/setup/encrypted-backup/new', { page: 'wizard', job: 'encrypted-backup', draft: null, screen: null }],
    [
      '#/setup/encrypted-backup/d-1/keys',
      { page: 'wizard', job: 'encrypted-backup', draft: 'd-1', screen: 'keys' },
    ],
    ['#/runs/7f3a', { page: 'run', run: '7f3a' }],
    ['#/runs/../../etc', { page: 'not-found' }],
    ['#/runs/%3Cscript%3E', { page: 'not-found' }],
    ['#/nowhere', { page: 'not-found' }],
  ])('%s', (hash, route) => expect(parseRoute(hash)).toEqual(route))
})

describe('long values', () => {
  it('groups and compares thumbprints', () => {
    expect(inFours('9F3A1C22AB')).toBe('9F3A 1C22 AB')
    expect(compareThumbprints('9F3A1C22', '0x9f3a 1c22')).toBe('same')
    expect(compareThumbprints('9F3A1C22', '9F3A1C23')).toBe('differs from group 2')
    expect(compareThumbprints('9F3A1C22', '9F3A')).toBe('differs from group 2')
  })
  it('shows control and direction characters instead of obeying them', () => {
    expect(withoutControls('a\u0007b\u202Ec')).toBe('a␀b␀c')
  })
  it('folds the middle of a path and keeps server and file', () => {
    expect(foldPath('\\\\vault01\\keys\\2026\\may\\very\\deep\\cert.pvk', 20)).toBe(
      '\\\\vault01\\…\\cert.pvk',
    )
    expect(foldPath('D:\\a.bak', 20)).toBe('D:\\a.bak')
  })
  it('walks server folders by their spelling', () => {
    expect(childOf('', 'D:\\')).toBe('D:\\')
    expect(childOf('D:\\', 'Keys')).toBe('D:\\Keys')
    expect(parentOf('D:\\Keys')).toBe('D:\\')
    expect(parentOf('D:\\')).toBe('')
    expect(parentOf('')).toBeNull()
    expect(childOf('/var/opt', 'keys')).toBe('/var/opt/keys')
    expect(parentOf('/var')).toBe('/')
  })
})

describe('scripts', () => {
  it('marks a hole that the grammar cut in pieces, and loses no character', () => {
    const pieces = [
      { role: 'plain' as const, text: 'CERT ‹certificate ' },
      { role: 'keyword' as const, text: 'name' },
      { role: 'plain' as const, text: '› WITH N' },
      { role: 'string' as const, text: "'«pw»'" },
    ]
    const marked = withHoles(pieces)
    expect(marked.map(({ text }) => text).join('')).toBe(pieces.map(({ text }) => text).join(''))
    expect(marked.filter(({ role }) => role === 'hole').map(({ text }) => text)).toEqual([
      '‹certificate name›',
      '«pw»',
    ])
  })
})

describe('the frame', () => {
  it('empties stores and takes the page away on lock', async () => {
    const bridge = createFakeBridge()
    window.keyturn = bridge
    const stop = followApp()
    show(bridge, <App />)
    await screen.findByRole('navigation', { name: 'Pages' })
    act(() => notify({ id: 'one', tone: 'info', title: 'Something about a key' }))
    expect(await screen.findByText('Something about a key')).toBeTruthy()
    act(() => bridge.tell('app.changed', { ...unlocked, keyring: { state: 'locked', waitSeconds: 0 } }))
    expect(await screen.findByRole('heading', { level: 1, name: 'Keyturn is locked' })).toBeTruthy()
    expect(screen.queryByText('Something about a key')).toBeNull()
    expect(useNotices.getState().notices).toEqual([])
    stop()
  })

  it('shows an interrupted run on every page, and names the environment in words', async () => {
    const bridge = createFakeBridge()
    useApp.setState({ app: interrupted(inRehearsal), problem: null })
    show(bridge, <App />)
    // The overview names it too, once its page is loaded.
    expect((await screen.findAllByText(/Run 7f3ab2c4 stopped during step 5 of 6/)).length).toBeGreaterThan(0)
    expect(screen.getByText('REHEARSAL')).toBeTruthy()
    await waitFor(() => expect(document.title).toContain('REHEARSAL'))
  })
})
