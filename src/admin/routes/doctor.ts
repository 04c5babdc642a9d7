import { json, type Route } from './route.ts'

export const doctorRoutes: readonly Route[] = [
  {
    method: 'GET',
    side: 'management',
    access: 'viewer',
    audit: 'no',
    path: '/v1/ca/doctor',
    handle: async daemon => json(await daemon.doctor.examine()),
  },
]
