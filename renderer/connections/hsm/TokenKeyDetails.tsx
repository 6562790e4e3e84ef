import Button from '@mui/material/Button'
import Link from '@mui/material/Link'
import { copyLines, type TokenKeyRow } from '../../../shared/model/token-key.ts'
import { go, hashOf } from '../../app/routes.ts'
import { useAction } from '../../bridge/index.ts'
import { Facts } from '../../ui/Facts.tsx'
import { FactTime } from '../../ui/FactTime.tsx'
import { LongName } from '../../ui/LongName.tsx'
import { ButtonRow, PlainList, SmallHeading } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { SidePane } from '../../ui/SidePane.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { openWith } from '../../wizard/open-with.ts'

const OpenRun = ({ open }: { open: NonNullable<TokenKeyRow['open']> }) => (
  <>
    <StatusMark
      mark="attention"
      word={
        open.decided
          ? 'A run left it so that it can be wrapped, and nobody goes on with it'
          : 'Its run is not finished: until then whoever has the PIN can wrap it'
      }
    />{' '}
    <Link href={hashOf.run(open.run)}>Look at the run</Link>
  </>
)

const Copies = ({ row }: { row: TokenKeyRow }) => {
  const lines = row.copies === null ? [] : copyLines(row.copies)
  return (
    <>
      <SmallHeading>Where else it is</SmallHeading>
      {row.copies === null ? (
        <p>Not compared since it was read. Compare the keys, above the table.</p>
      ) : lines.length === 0 ? (
        <p>Nowhere among what was asked. What was not asked stands above the table.</p>
      ) : (
        <PlainList aria-label="Where else it is">
          {lines.map((line) => (
            <li key={line}>
              <LongName name={line} />
            </li>
          ))}
        </PlainList>
      )}
    </>
  )
}

/** Everything read of one key of a token, and what can be done with it. */
export const TokenKeyDetails = ({ row, onClose }: { row: TokenKeyRow; onClose: () => void }) => {
  const begin = useAction(async (task: 'label' | 'destroy') => {
    go(await openWith('hsm-key-care', { hsm: row.target, task, key: row.id }))
  })
  return (
    <SidePane
      title={<LongName name={row.label === '' ? 'Key without a label' : row.label} />}
      subject={row.mark}
      onClose={onClose}
    >
      {row.open === null ? null : <OpenRun open={row.open} />}
      {row.notices.length === 0 ? null : (
        <PlainList aria-label="To look at">
          {row.notices.map((notice) => (
            <li key={notice}>
              <StatusMark mark="attention" word={notice} />
            </li>
          ))}
        </PlainList>
      )}
      {row.refusal === null ? (
        <ButtonRow>
          <Button variant="outlined" aria-disabled={begin.busy} onClick={() => void begin.run('label')}>
            Change the label
          </Button>
          <Button variant="outlined" aria-disabled={begin.busy} onClick={() => void begin.run('destroy')}>
            Destroy the key
          </Button>
        </ButtonRow>
      ) : (
        <p>Neither another label nor its end, here: {row.refusal}.</p>
      )}
      {begin.problem === null ? null : <ProblemPanel problem={begin.problem} />}
      <Facts
        facts={[
          ['Kind', row.kind],
          ['Algorithm', row.algorithm],
          ...row.attributes.map(
            ({ label, value }) => [label, <LongName key={label} name={value} />] as const,
          ),
          ['Read', <FactTime key="read" at={row.readAt} />],
        ]}
      />
      <Copies row={row} />
    </SidePane>
  )
}
