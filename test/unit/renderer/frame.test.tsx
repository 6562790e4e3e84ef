// @vitest-environment jsdom
import { act, screen, within } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { App } from '../../../renderer/app/App.tsx'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import { focusElement } from '../../../renderer/ui/ErrorSummary.tsx'
import { createFakeBridge } from './fake-bridge.ts'
import { verifiedView } from './fakes/plan.ts'
import { unlocked } from './fakes/state.ts'
import { show } from './window-setup.tsx'

const goTo = async (hash: string) => {
  if (window.location.hash === hash) return
  await act(async () => {
    window.location.hash = hash
    await new Promise((resolve) => window.addEventListener('hashchange', resolve, { once: true }))
  })
}

describe('where one is', () => {
  beforeEach(() => useApp.setState({ app: unlocked, problem: null }))

  it('a run belongs to Set up: marked there, not as the page itself, with a way back', async () => {
    await goTo(`#/runs/${verifiedView.id}`)
    show(createFakeBridge({ run: verifiedView }), <App />)
    await screen.findByRole('heading', { level: 1, name: /verified on/ })
    const pages = screen.getByRole('navigation', { name: 'Pages' })
    const marked = within(pages)
      .getAllByRole('link')
      .filter((link) => link.hasAttribute('aria-current'))
    expect(marked.map((link) => [link.textContent, link.getAttribute('aria-current')])).toEqual([
      ['Set up', 'true'],
    ])
    const back = within(screen.getByRole('navigation', { name: 'Way back' })).getByRole('link')
    expect(back.getAttribute('href')).toBe('#/setup')
  })

  it('a page of the navigation is marked as itself and has no way back', async () => {
    await goTo('#/setup')
    show(createFakeBridge(), <App />)
    await screen.findByRole('heading', { level: 1, name: 'What do you want to set up?' })
    const pages = screen.getByRole('navigation', { name: 'Pages' })
    expect(within(pages).getByRole('link', { name: 'Set up' }).getAttribute('aria-current')).toBe('page')
    expect(screen.queryByRole('navigation', { name: 'Way back' })).toBeNull()
  })
})

describe('the way from an error to its field', () => {
  const focusIn = (html: string): string | undefined => {
    document.body.innerHTML = html
    focusElement('field')
    return document.activeElement?.id
  }

  it('leads to the field itself', () => {
    expect(focusIn('<input id="field">')).toBe('field')
  })
  it('leads to the first control of a group', () => {
    expect(
      focusIn('<div id="field" role="group" tabindex="-1"><p>why</p><input id="a"><input id="b"></div>'),
    ).toBe('a')
  })
  it('passes over controls that are off or hidden from everybody', () => {
    const group =
      '<div id="field" role="group" tabindex="-1"><input type="hidden" id="h"><button id="off" disabled>Off</button>' +
      '<span aria-hidden="true"><input id="unseen"></span><input id="helper" tabindex="-1"><input id="real"></div>'
    expect(focusIn(group)).toBe('real')
  })
  it('finds a list that opens, which is no native control', () => {
    const group =
      '<div id="field" role="group" tabindex="-1"><div role="combobox" tabindex="0" id="list"></div><input aria-hidden="true" tabindex="-1"></div>'
    expect(focusIn(group)).toBe('list')
  })
  it('leads to the chosen radio, where Tab would land too', () => {
    expect(
      focusIn(
        '<div id="field" role="radiogroup" tabindex="-1"><input type="radio" name="r" id="one"><input type="radio" name="r" id="two" checked></div>',
      ),
    ).toBe('two')
  })
  it('stays on a group that has no control yet, and does nothing without the field', () => {
    expect(focusIn('<div id="field" role="group" tabindex="-1"><p>Reading …</p></div>')).toBe('field')
    expect(focusIn('<p>gone</p>')).toBe('')
  })
})
