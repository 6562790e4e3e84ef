import { useEffect, useState } from 'react'

const usually = 60
const longer = 300

export interface Blank {
  blank: boolean
  /** Seconds without a key or a click after which the page is blanked. */
  seconds: number
  show: () => void
  longer: () => void
}

/** Blanks the page when nobody has pressed a key or clicked for a while: holders walk away from it. */
export const useBlank = (): Blank => {
  const [blank, setBlank] = useState(false)
  const [seconds, setSeconds] = useState(usually)
  useEffect(() => {
    if (blank) return
    let timer = setTimeout(() => setBlank(true), seconds * 1000)
    const again = () => {
      clearTimeout(timer)
      timer = setTimeout(() => setBlank(true), seconds * 1000)
    }
    window.addEventListener('keydown', again)
    window.addEventListener('pointerdown', again)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('keydown', again)
      window.removeEventListener('pointerdown', again)
    }
  }, [blank, seconds])
  return { blank, seconds, show: () => setBlank(false), longer: () => setSeconds(longer) }
}
