import Tooltip from '@mui/material/Tooltip'
import { styled } from '@mui/material/styles'
import { withoutControls } from './format.ts'

const Mono = styled('span')({
  fontFamily: "'IBM Plex Mono', monospace",
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
})

/** Keeps the start (server or drive) and the file name; folds what is between. */
export const foldPath = (path: string, longest: number): string => {
  if (path.length <= longest) return path
  const separator = path.includes('\\') ? '\\' : '/'
  const file = path.slice(path.lastIndexOf(separator) + 1)
  const start = /^(\\\\[^\\]+\\|[A-Za-z]:\\|\/[^/]*\/)/.exec(path)?.[0] ?? ''
  return `${start}…${separator}${file}`
}

/** A path. On an object's page it wraps; in a table (`fold`) the middle is folded and the whole shows on hover and focus. */
export const PathText = ({
  path,
  fold,
  tabIndex = 0,
}: {
  path: string
  fold?: number
  tabIndex?: number
}) => {
  const whole = withoutControls(path)
  const shown = fold === undefined ? whole : foldPath(whole, fold)
  if (shown === whole)
    return (
      <Mono>
        <bdi>{whole}</bdi>
      </Mono>
    )
  return (
    <Tooltip title={whole} describeChild>
      <Mono tabIndex={tabIndex}>
        <bdi>{shown}</bdi>
      </Mono>
    </Tooltip>
  )
}
