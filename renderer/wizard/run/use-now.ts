import { useEffect, useState } from 'react'

/** The present time as ISO text, each second while something is under way. */
export const useNow = (ticking: boolean): string => {
  const [now, setNow] = useState(() => new Date().toISOString())
  useEffect(() => {
    if (!ticking) return
    const timer = window.setInterval(() => setNow(new Date().toISOString()), 1000)
    return () => window.clearInterval(timer)
  }, [ticking])
  return now
}
