import type { PageReply } from '../../../shared/ipc/schemas.ts'
import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { FactTime } from '../FactTime.tsx'
import { count, listOf, localTime, withoutControls } from '../format.ts'
import { StatusMark } from '../StatusMark.tsx'

const Row = styled('div')({ display: 'flex', flexWrap: 'wrap', gap: '4px 16px', alignItems: 'center' })

interface Props {
  reply: PageReply<unknown> | null
  refreshing: boolean
  onReadAgain: () => void
}

/** When the rows were read, and which sources did not answer. */
export const AsOfLine = ({ reply, refreshing, onReadAgain }: Props) => (
  <Row>
    <span>
      {reply === null ? (
        'Reading …'
      ) : reply.asOf === null ? (
        'Not read yet'
      ) : (
        <>
          Read <FactTime at={reply.asOf} />
        </>
      )}
      {refreshing && reply !== null ? ' · reading again' : ''}
    </span>
    <Button size="small" variant="text" onClick={onReadAgain} aria-disabled={refreshing}>
      Read again
    </Button>
    {reply === null || reply.missing.length === 0 ? null : (
      <StatusMark
        mark="old"
        word={`${count(reply.missing.length, 'source')} did not answer: ${listOf(
          reply.missing.map(({ source, rowsFrom }) =>
            rowsFrom === null
              ? `${withoutControls(source)} (no rows)`
              : `${withoutControls(source)} (rows from ${localTime(rowsFrom)})`,
          ),
        )}`}
      />
    )}
  </Row>
)
