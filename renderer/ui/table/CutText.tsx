import Tooltip from '@mui/material/Tooltip'
import { styled } from '@mui/material/styles'
import { useEffect, useRef, useState } from 'react'

const Line = styled('span')({
  display: 'block',
  minWidth: 0,
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  whiteSpace: 'nowrap',
})

interface Props {
  text: string
  /** The cell around it has the focus: the grid keeps that on the cell, not on what is inside. */
  hasFocus: boolean
  /** Shown instead of the text itself, where a short form exists; the whole is `text`. */
  shown?: string
  mono?: boolean
}

/** A value that may be longer than its cell: cut with an ellipsis, whole on hover and on focus; Escape takes it away. */
export const CutText = ({ text, hasFocus, shown = text, mono = false }: Props) => {
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
      <Line
        ref={line}
        onMouseEnter={() => setPointed(true)}
        onMouseLeave={() => setPointed(false)}
        sx={mono ? { fontFamily: "'IBM Plex Mono', monospace", fontSize: '0.8125rem' } : {}}
      >
        <bdi>{shown}</bdi>
      </Line>
    </Tooltip>
  )
}
