import { styled } from '@mui/material/styles'
import { useId, type ReactNode } from 'react'
import type { Problem, VendorAnswer } from '../../shared/errors/problem.ts'
import { Facts } from './Facts.tsx'
import { StatusMark } from './StatusMark.tsx'

const systems: Record<VendorAnswer['system'], string> = {
  sql: 'SQL',
  tds: 'TDS',
  os: 'System',
  keyring: 'Keyring',
  entra: 'Entra',
  keyvault: 'Key Vault',
  arm: 'Azure',
  graph: 'Graph',
  storage: 'Storage',
  pkcs11: 'PKCS#11',
}

/** The number that people search for: "SQL 33111". */
export const vendorNumber = (problem: Problem): string | null =>
  problem.vendor === undefined ? null : `${systems[problem.vendor.system]} ${problem.vendor.number}`

const Panel = styled('section')(({ theme }) => ({
  border: `1px solid ${theme.vars.palette.status.blocked}`,
  borderInlineStartWidth: 4,
  borderRadius: 4,
  backgroundColor: theme.vars.palette.tint.blocked,
  padding: 16,
  '&& > * + *': { marginTop: 8 },
}))
const Heading = styled('h2')(({ theme }) => ({ ...theme.typography.h3 }))
const Said = styled('p')(({ theme }) => ({
  fontFamily: "'IBM Plex Mono', monospace",
  color: theme.vars.palette.text.secondary,
}))
const Buttons = styled('div')({ display: 'flex', flexWrap: 'wrap', gap: 8 })

/** An error: what did not happen, what is unchanged, why, what next, and the number. */
export const ProblemPanel = ({ problem, actions }: { problem: Problem; actions?: ReactNode }) => {
  const id = useId()
  const number = vendorNumber(problem)
  return (
    <Panel role="alert" aria-labelledby={id}>
      <Heading id={id}>
        <StatusMark mark="failed" word={problem.title} />
      </Heading>
      <Facts
        facts={[
          ['Unchanged', problem.unchanged],
          [
            problem.causes.length > 1 ? 'Likely causes' : 'Likely cause',
            problem.causes.length === 0 ? 'Cause not known' : problem.causes.join('; or: '),
          ],
          ['Next step', problem.next],
          ['Number', number ?? problem.code],
        ]}
      />
      {problem.vendor?.text === undefined ? null : <Said>{problem.vendor.text}</Said>}
      {actions === undefined ? null : <Buttons>{actions}</Buttons>}
    </Panel>
  )
}
