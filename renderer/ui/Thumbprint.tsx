import Button from '@mui/material/Button'
import IconButton from '@mui/material/IconButton'
import CopyIcon from '@mui/icons-material/ContentCopyOutlined'
import OutlinedInput from '@mui/material/OutlinedInput'
import Tooltip from '@mui/material/Tooltip'
import { styled } from '@mui/material/styles'
import { useId, useState } from 'react'
import { copyText } from './copy.ts'
import { inFours, shortThumbprint } from './format.ts'

const Mono = styled('span')({
  fontFamily: "'IBM Plex Mono', monospace",
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
})
const Line = styled('span')({
  display: 'inline-flex',
  flexWrap: 'wrap',
  alignItems: 'center',
  gap: '4px 8px',
})
const CompareRow = styled('span')({
  display: 'flex',
  flexWrap: 'wrap',
  gap: 8,
  alignItems: 'center',
  flexBasis: '100%',
})

const bare = (text: string): string =>
  text
    .replace(/^0x/i, '')
    .replace(/[\s:-]/g, '')
    .toUpperCase()

/** "same", or the first group of four that differs. */
export const compareThumbprints = (shown: string, pasted: string): string => {
  const [mine, theirs] = [bare(shown), bare(pasted)]
  if (mine === theirs) return 'same'
  const longest = Math.max(mine.length, theirs.length)
  for (let at = 0; at < longest; at += 1) {
    if (mine[at] !== theirs[at]) return `differs from group ${Math.floor(at / 4) + 1}`
  }
  return 'differs'
}

/** First and last 8 characters; the whole on hover and on focus. */
export const ThumbprintShort = ({ value }: { value: string }) => (
  <Tooltip title={inFours(value)} describeChild>
    <Mono tabIndex={0}>{shortThumbprint(value)}</Mono>
  </Tooltip>
)

/** A thumbprint in groups of four, with Copy (no spaces) and Compare (takes a paste). */
export const Thumbprint = ({ value, label = 'Thumbprint' }: { value: string; label?: string }) => {
  const id = useId()
  const [comparing, setComparing] = useState(false)
  const [pasted, setPasted] = useState('')
  const outcome = pasted.trim() === '' ? '' : compareThumbprints(value, pasted)
  return (
    <Line>
      <Mono>{inFours(value)}</Mono>
      <IconButton
        size="small"
        aria-label={`Copy ${label.toLowerCase()}`}
        onClick={() => void copyText(bare(value), label)}
      >
        <CopyIcon sx={{ fontSize: 18 }} />
      </IconButton>
      <Button size="small" variant="text" aria-expanded={comparing} onClick={() => setComparing(!comparing)}>
        Compare
      </Button>
      {comparing ? (
        <CompareRow>
          <label htmlFor={id}>Paste the other value</label>
          <OutlinedInput
            id={id}
            value={pasted}
            onChange={(event) => setPasted(event.target.value)}
            sx={{ width: 'min(480px, 100%)', fontFamily: "'IBM Plex Mono', monospace" }}
            inputProps={{ maxLength: 400, spellCheck: false, autoComplete: 'off' }}
          />
          <output htmlFor={id}>{outcome}</output>
        </CompareRow>
      ) : null}
    </Line>
  )
}
