import { useEffect, useState, type ComponentType } from 'react'
import { PageLoading } from './PageLoading.tsx'

/**
 * A page that comes as a file of its own when it is first opened, or earlier with `preload`. Not `React.lazy`: once
 * Suspense has shown its fallback, React keeps that for 300 ms, though the file is there in a few. An error of loading is
 * thrown as the page renders; mounting it again tries again.
 */
export const loadable = <Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>) => {
  let loaded: ComponentType<Props> | null = null
  const preload = async (): Promise<ComponentType<Props>> => {
    loaded ??= (await load()).default
    return loaded
  }
  const Loadable = (props: Props) => {
    const [Page, setPage] = useState<ComponentType<Props> | null>(() => loaded)
    const [failed, setFailed] = useState<{ thrown: unknown } | null>(null)
    useEffect(() => {
      if (Page !== null) return
      let wanted = true
      preload().then(
        (page) => {
          if (wanted) setPage(() => page)
        },
        (thrown: unknown) => {
          if (wanted) setFailed({ thrown })
        },
      )
      return () => {
        wanted = false
      }
    }, [Page])
    if (failed !== null) throw failed.thrown
    return Page === null ? <PageLoading /> : <Page {...props} />
  }
  return Object.assign(Loadable, { preload })
}
