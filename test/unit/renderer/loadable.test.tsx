// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { loadable } from '../../../renderer/app/loadable.tsx'
import { PageBoundary } from '../../../renderer/app/PageBoundary.tsx'
import { KeyturnTheme } from '../../../renderer/theme/KeyturnTheme.tsx'

afterEach(cleanup)

const Page = ({ name }: { name: string }) => <h1>{name}</h1>

it('says that the page is being opened, then shows it', async () => {
  const Loaded = loadable(() => Promise.resolve({ default: Page }))
  render(<Loaded name="Keys" />)
  expect(screen.getByRole('status').textContent).toBe('Opening the page …')
  await screen.findByRole('heading', { name: 'Keys' })
  expect(screen.queryByRole('status')).toBeNull()
})

it('shows a page that was loaded before at once, and loads it once', async () => {
  const load = vi.fn(() => Promise.resolve({ default: Page }))
  const Loaded = loadable(load)
  await Loaded.preload()
  render(<Loaded name="Audit" />)
  screen.getByRole('heading', { name: 'Audit' })
  expect(load).toHaveBeenCalledTimes(1)
})

it('a file that does not load is a panel, and opening the page again tries again', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  let tries = 0
  const Loaded = loadable(() => {
    tries += 1
    return tries === 1
      ? Promise.reject<{ default: typeof Page }>(new Error('no file'))
      : Promise.resolve({ default: Page })
  })
  render(
    <KeyturnTheme>
      <PageBoundary>
        <Loaded name="Settings" />
      </PageBoundary>
    </KeyturnTheme>,
  )
  fireEvent.click(await screen.findByRole('button', { name: 'Open the page again' }))
  await screen.findByRole('heading', { name: 'Settings' })
})
