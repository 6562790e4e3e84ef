// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { Blockers } from '../../../renderer/wizard/review/Advice.tsx'
import { tdeVaultKeyForm } from '../../../shared/forms/tde-vault-key.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import { createFakeBridge } from './fake-bridge.ts'
import { show } from './window-setup.tsx'

const blocker = {
  what: 'Provider AKV is disabled',
  measured: 'is_enabled 0',
  limit: 'An enabled one',
  screen: 'host',
}
const open = (doctor?: { id: ReturnType<typeof asTargetId>; name: string }) =>
  show(
    createFakeBridge(),
    <Blockers
      form={tdeVaultKeyForm}
      blockers={[doctor === undefined ? blocker : { ...blocker, doctor }]}
      onChange={() => undefined}
    />,
  )

describe('a blocker on the review', () => {
  it('leads to the screen that mends it, and to the EKM doctor of the server where that explains it', () => {
    open({ id: asTargetId('t-sql-1'), name: 'SQL-1' })
    expect(screen.getByRole('button', { name: 'Fix in “Host”' })).toBeTruthy()
    expect(screen.getByRole('link', { name: 'EKM doctor of SQL-1' }).getAttribute('href')).toBe(
      '#/connections/t-sql-1/ekm',
    )
  })

  it('names no doctor where that knows nothing of it', () => {
    open()
    expect(screen.queryByRole('link')).toBeNull()
  })
})
