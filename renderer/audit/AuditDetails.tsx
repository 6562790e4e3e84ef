import type { AuditRow } from '../../shared/ipc/schemas.ts'
import { Facts } from '../ui/Facts.tsx'
import { Mono, SmallHeading } from '../ui/Panel.tsx'
import { SidePane } from '../ui/SidePane.tsx'
import { inFours, withoutControls } from '../ui/format.ts'
import { timeWithOffset } from './audit-words.ts'

/** `signedBy` → `Signed by`. */
const labelOf = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/^./, (first) => first.toUpperCase())
    .replace(/ ([A-Z])/g, (part) => part.toLowerCase())

const Value = ({ value }: { value: unknown }) => {
  if (value === null || value === undefined) return <>none</>
  if (Array.isArray(value)) {
    if (value.length === 0) return <>none</>
    return (
      <ol>
        {value.map((item: unknown, index) => (
          <li key={index}>
            <Value value={item} />
          </li>
        ))}
      </ol>
    )
  }
  if (typeof value === 'object') {
    return (
      <Facts
        facts={Object.entries(value).map(([name, part]) => [
          labelOf(name),
          <Value key={name} value={part} />,
        ])}
      />
    )
  }
  return <>{withoutControls(String(value))}</>
}

/** One entry, whole: what it says, its fields, and the hashes that tie it to its neighbors. */
export const AuditDetails = ({ row, onClose }: { row: AuditRow; onClose: () => void }) => (
  <SidePane title={`Entry ${row.seq.toLocaleString('en-US')}`} subject={String(row.seq)} onClose={onClose}>
    <p>{withoutControls(row.sentence)}</p>
    <Facts
      facts={[
        ['Time', timeWithOffset(row.at)],
        ['Person', row.actor],
        ['Action', row.kind],
        ['Outcome', row.outcome],
        ['About', row.object === '' ? 'none' : withoutControls(row.object)],
        ['Hash', <Mono key="hash">{inFours(row.hash)}</Mono>],
        ['Hash before', <Mono key="before">{inFours(row.previousHash)}</Mono>],
      ]}
    />
    <SmallHeading>Fields of the entry</SmallHeading>
    <Value value={row.body} />
  </SidePane>
)
