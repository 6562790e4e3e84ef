import Button from '@mui/material/Button'
import { useState } from 'react'
import type { KeptCopy, KeptSecretRow } from '../../shared/ipc/schemas.ts'
import { snack } from '../app/state/notices.ts'
import { hashOf } from '../app/routes.ts'
import { ask, useAction } from '../bridge/index.ts'
import { ConfirmDialog } from '../connections/ConfirmDialog.tsx'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { LongName } from '../ui/LongName.tsx'
import { SmallHeading } from '../ui/Panel.tsx'
import { ProofLadder } from '../ui/ProofLadder.tsx'
import { SidePane } from '../ui/SidePane.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import { withoutControls } from '../ui/format.ts'
import { kindWords, purposeWords } from './secret-words.ts'

interface Props {
  row: KeptSecretRow
  onClose: () => void
  onDropped: () => void
}

/** One kept password: its copies with their proofs, what else needs it, and dropping it where nothing does. */
export const PasswordDetails = ({ row, onClose, onDropped }: Props) => {
  const [asking, setAsking] = useState(false)
  const label = withoutControls(row.label)
  const drop = useAction(async () => {
    await ask('secrets.drop', { handle: row.id })
    setAsking(false)
    snack(`${label} dropped`)
    onDropped()
  })
  return (
    <SidePane title={<LongName name={row.label} />} subject={row.id} onClose={onClose}>
      <Facts
        facts={[
          ['Purpose', purposeWords[row.purpose]],
          ['System', row.target === null ? 'none in particular' : <LongName key="t" name={row.target} />],
          ['Generation', String(row.generation)],
          ['Kept', <FactTime key="kept" at={row.keptAt} />],
        ]}
      />
      <SmallHeading>Opens these copies</SmallHeading>
      {row.copies.length === 0 ? <p>None that the record names.</p> : null}
      {row.copies.map((copy) => (
        <Copy key={`${copy.run} ${copy.location} ${copy.key}`} copy={copy} generation={row.generation} />
      ))}
      <SmallHeading>Also needed by</SmallHeading>
      {row.uses.length === 0 ? (
        <p>Nothing that is known.</p>
      ) : (
        <ul>
          {row.uses.map((use) => (
            <li key={use}>{withoutControls(use)}</li>
          ))}
        </ul>
      )}
      <Button variant="outlined" onClick={() => setAsking(true)}>
        Drop this password
      </Button>
      {asking ? (
        <ConfirmDialog
          title={
            <>
              Drop <bdi>{label}</bdi>?
            </>
          }
          act={`Drop ${label}`}
          action={drop}
          onClose={() => setAsking(false)}
        >
          It is erased from the keyring; older backups of the keyring still hold it. Keyturn refuses while a
          connection, a draft, an undecided run or a copy of a key that the record names needs it.
        </ConfirmDialog>
      ) : null}
    </SidePane>
  )
}

const Copy = ({ copy, generation }: { copy: KeptCopy; generation: number }) => (
  <Facts
    facts={[
      ['Key', <LongName key="key" name={copy.key} />],
      ['Kind', kindWords[copy.kind]],
      ['Where', withoutControls(copy.location)],
      ['Thumbprint', copy.thumbprint === null ? 'none' : <Thumbprint key="print" value={copy.thumbprint} />],
      ['Proof', <ProofLadder key="proof" level={copy.level} at={copy.at} />],
      [
        'Run',
        <a key="run" href={hashOf.run(copy.run)}>
          {copy.run}
        </a>,
      ],
      ...(copy.generation === generation
        ? []
        : [
            [
              'Password',
              `Generation ${copy.generation}, which was replaced since: the kept one does not open this copy`,
            ] as const,
          ]),
    ]}
  />
)
