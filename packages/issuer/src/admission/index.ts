/** Brings together who may be a client: documents, registration, the operator's own, under the issuer's options. */
export {
  type Admission,
  type AdmissionNeeds,
  type AdmissionOptions,
  openAdmission,
  outboundOption,
} from './admission.ts'
