// @vitest-environment jsdom
import { screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { Paper } from '../../../renderer/print/Paper.tsx'
import { PrintedPage } from '../../../renderer/print/pages.tsx'
import { printPageNames } from '../../../shared/model/print.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { createFakeBridge } from './fake-bridge.ts'
import { verifiedView } from './fakes/plan.ts'
import { printDocument } from './fakes/print.ts'
import { show } from './window-setup.tsx'

const print = (name: (typeof printPageNames)[number], rehearsal = false) => {
  const document = printDocument(name)
  show(
    createFakeBridge(),
    <Paper head={{ ...document.head, rehearsal }}>
      <PrintedPage document={document} />
    </Paper>,
  )
}

describe.each(printPageNames)('the printed page %s', (name) => {
  it('stands alone: title, environment, who, when in both times, as-of per source, who did not answer, digest', () => {
    print(name)
    expect(screen.getByRole('heading', { level: 1 }).textContent).not.toBe('')
    const text = screen.getByRole('main').textContent ?? ''
    for (const part of ['PRODUCTION', 'aruiz', 'As of, ktr-sql-01', 'ktr-sql-02', 'ab12 ab12'])
      expect(text).toContain(part)
    expect(text).toMatch(/\d+ \w{3} \d{4}, \d\d:\d\d \([+−]\d\d:\d\d\), \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/)
  })
  it('has nothing to press, nothing folded', () => {
    print(name)
    for (const role of ['button', 'link', 'textbox']) expect(screen.queryAllByRole(role)).toEqual([])
    expect(document.querySelector('details, [aria-expanded]')).toBeNull()
  })
  it('says on its first line that a rehearsal is no proof', () => {
    print(name, true)
    expect(screen.getByRole('main').firstElementChild?.textContent).toMatch(/^REHEARSAL/)
  })
})

describe('a printed run', () => {
  it('holds every step with its whole script, every reading, and what was not checked', () => {
    print('run')
    const text = screen.getByRole('main').textContent ?? ''
    verifiedView.plan.steps.forEach((planned, index) => {
      const heading = screen.getByRole('heading', { level: 3, name: new RegExp(`^${index + 1}\\. `) })
      const section = within(heading.closest('section') as HTMLElement)
      for (const script of planned.scripts)
        expect(
          section.getByText(
            (_words, element) => element?.tagName === 'PRE' && element.textContent === displayScript(script),
          ),
        ).toBeTruthy()
    })
    for (const { evidence } of verifiedView.steps)
      for (const { statement, source } of evidence) {
        expect(text).toContain(statement)
        expect(text).toContain(source)
      }
    for (const sentence of verifiedView.notChecked) expect(text).toContain(sentence)
  })
})
