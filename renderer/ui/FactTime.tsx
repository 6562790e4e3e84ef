import Tooltip from '@mui/material/Tooltip'
import { localTime, utcTime } from './format.ts'

/** A time of a fact: local in the text, UTC with seconds on hover and on focus. Null: never read. */
export const FactTime = ({ at, tabIndex = 0 }: { at: string | null; tabIndex?: number }) =>
  at === null ? (
    <span>not read</span>
  ) : (
    <Tooltip title={utcTime(at)} describeChild>
      <time dateTime={at} tabIndex={tabIndex}>
        {localTime(at)}
      </time>
    </Tooltip>
  )
