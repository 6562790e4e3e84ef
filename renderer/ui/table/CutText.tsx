import Tooltip from '@mui/material/Tooltip'
import { styled } from '@mui/material/styles'
import { useEffect, useRef, useState } from 'react'

const Whole = styled('bdi')({ display: 'flex', minWidth: 0 })
const Line = styled('span')({
  display: 'block',
  minWidth: 0,
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  whiteSpace: 'nowrap',
})

/** Spaces at the seam of both parts stay. */
const End = styled('span')({ flex: 'none', whiteSpace: 'pre' })

interface Props {
  text: string
  /** The cell around it has the focus: the grid keeps that on the cell, not on what is inside. */
  hasFocus: boolean
  /** Shown instead of the text itself, where a short form exists; the whole is `text`. */
  shown?: string
  /** How many of the last characters are never cut: what tells rows with the same beginning apart. */
  keptAtEnd?: number
  mono?: boolean
}

/** A value that may be longer than its cell: cut with an ellipsis, whole on hover and on focus; Escape takes it away. */
export const CutText = ({ text, hasFocus, shown = text, keptAtEnd = 0, mono = false }: Props) => {
  const line = useRef<HTMLSpanElement>(null)
  const [pointed, setPointed] = useState(false)
  const [closed, setClosed] = useState(false)
  const [cut, setCut] = useState(false)
  const wanted = hasFocus || pointed
  useEffect(() => {
    if (!wanted) return
    const frame = window.requestAnimationFrame(() => {
      const box = line.current
      setCut(shown !== text || (box !== null && box.scrollWidth > box.clientWidth))
    })
    return () => {
      window.cancelAnimationFrame(frame)
      setClosed(false)
    }
  }, [wanted, shown, text])
  return (
    <Tooltip
      title={text}
      describeChild
      open={wanted && cut && !closed}
      onClose={() => setClosed(true)}
      slotProps={{ tooltip: { sx: { overflowWrap: 'anywhere', maxWidth: 480 } } }}
    >
      <Whole
        onMouseEnter={() => setPointed(true)}
        onMouseLeave={() => setPointed(false)}
        sx={mono ? { fontFamily: "'IBM Plex Mono', monospace", fontSize: '0.8125rem' } : {}}
      >
        <Line ref={line}>{shown.slice(0, shown.length - keptAtEnd)}</Line>
        {keptAtEnd === 0 ? null : <End>{shown.slice(shown.length - keptAtEnd)}</End>}
      </Whole>
    </Tooltip>
  )
}
