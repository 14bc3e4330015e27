// Written by openapi/generate.ts from openapi/api-fields.json. Do not edit.
// Time and MicroTime are RFC 3339 text, Quantity its canonical text, bytes base64.

/** apiregistration.v1.APIService */
export interface APIService {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: APIServiceSpec | undefined;
  status?: APIServiceStatus | undefined;
}

/** apiregistration.v1.APIServiceCondition */
export interface APIServiceCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** apiregistration.v1.APIServiceSpec */
export interface APIServiceSpec {
  service?: ApiregistrationServiceReference | undefined;
  group?: string | undefined;
  version?: string | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  caBundle?: string | undefined;
  groupPriorityMinimum?: number | undefined;
  versionPriority?: number | undefined;
}

/** apiregistration.v1.APIServiceStatus */
export interface APIServiceStatus {
  conditions?: APIServiceCondition[] | undefined;
}

/** core.v1.AWSElasticBlockStoreVolumeSource */
export interface AWSElasticBlockStoreVolumeSource {
  volumeID?: string | undefined;
  fsType?: string | undefined;
  partition?: number | undefined;
  readOnly?: boolean | undefined;
}

/** core.v1.Affinity */
export interface Affinity {
  nodeAffinity?: NodeAffinity | undefined;
  podAffinity?: PodAffinity | undefined;
  podAntiAffinity?: PodAntiAffinity | undefined;
}

/** rbac.v1.AggregationRule */
export interface AggregationRule {
  clusterRoleSelectors?: LabelSelector[] | undefined;
}

/** apiextensions.v1.ServiceReference */
export interface ApiextensionsServiceReference {
  namespace?: string | undefined;
  name?: string | undefined;
  path?: string | undefined;
  port?: number | undefined;
}

/** apiextensions.v1.WebhookClientConfig */
export interface ApiextensionsWebhookClientConfig {
  url?: string | undefined;
  service?: ApiextensionsServiceReference | undefined;
  caBundle?: string | undefined;
}

/** apiregistration.v1.ServiceReference */
export interface ApiregistrationServiceReference {
  namespace?: string | undefined;
  name?: string | undefined;
  port?: number | undefined;
}

/** core.v1.AppArmorProfile */
export interface AppArmorProfile {
  type?: string | undefined;
  localhostProfile?: string | undefined;
}

/** core.v1.AttachedVolume */
export interface AttachedVolume {
  name?: string | undefined;
  devicePath?: string | undefined;
}

/** authentication.v1.AttestationValue */
export interface AttestationValue {
  items?: string[] | undefined;
}

/** admissionregistration.v1.AuditAnnotation */
export interface AuditAnnotation {
  key?: string | undefined;
  valueExpression?: string | undefined;
}

/** authentication.v1.TokenRequest */
export interface AuthenticationTokenRequest {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: TokenRequestSpec | undefined;
  status?: TokenRequestStatus | undefined;
}

/** autoscaling.v1.CrossVersionObjectReference */
export interface AutoscalingCrossVersionObjectReference {
  kind?: string | undefined;
  name?: string | undefined;
  apiVersion?: string | undefined;
}

/** autoscaling.v1.HorizontalPodAutoscaler */
export interface AutoscalingHorizontalPodAutoscaler {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: AutoscalingHorizontalPodAutoscalerSpec | undefined;
  status?: AutoscalingHorizontalPodAutoscalerStatus | undefined;
}

/** autoscaling.v1.HorizontalPodAutoscalerSpec */
export interface AutoscalingHorizontalPodAutoscalerSpec {
  scaleTargetRef?: AutoscalingCrossVersionObjectReference | undefined;
  minReplicas?: number | undefined;
  maxReplicas?: number | undefined;
  targetCPUUtilizationPercentage?: number | undefined;
}

/** autoscaling.v1.HorizontalPodAutoscalerStatus */
export interface AutoscalingHorizontalPodAutoscalerStatus {
  observedGeneration?: number | undefined;
  lastScaleTime?: string | undefined;
  currentReplicas?: number | undefined;
  desiredReplicas?: number | undefined;
  currentCPUUtilizationPercentage?: number | undefined;
}

/** core.v1.AzureDiskVolumeSource */
export interface AzureDiskVolumeSource {
  diskName?: string | undefined;
  diskURI?: string | undefined;
  cachingMode?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  kind?: string | undefined;
}

/** core.v1.AzureFilePersistentVolumeSource */
export interface AzureFilePersistentVolumeSource {
  secretName?: string | undefined;
  shareName?: string | undefined;
  readOnly?: boolean | undefined;
  secretNamespace?: string | undefined;
}

/** core.v1.AzureFileVolumeSource */
export interface AzureFileVolumeSource {
  secretName?: string | undefined;
  shareName?: string | undefined;
  readOnly?: boolean | undefined;
}

/** core.v1.Binding */
export interface Binding {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  target?: ObjectReference | undefined;
}

/** authentication.v1.BoundObjectReference */
export interface BoundObjectReference {
  kind?: string | undefined;
  apiVersion?: string | undefined;
  name?: string | undefined;
  uid?: string | undefined;
}

/** storage.v1.CSIDriver */
export interface CSIDriver {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CSIDriverSpec | undefined;
}

/** storage.v1.CSIDriverSpec */
export interface CSIDriverSpec {
  attachRequired?: boolean | undefined;
  podInfoOnMount?: boolean | undefined;
  volumeLifecycleModes?: string[] | undefined;
  storageCapacity?: boolean | undefined;
  fsGroupPolicy?: string | undefined;
  tokenRequests?: TokenRequest[] | undefined;
  requiresRepublish?: boolean | undefined;
  seLinuxMount?: boolean | undefined;
  nodeAllocatableUpdatePeriodSeconds?: number | undefined;
  serviceAccountTokenInSecrets?: boolean | undefined;
  preventPodSchedulingIfMissing?: boolean | undefined;
}

/** storage.v1.CSINode */
export interface CSINode {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CSINodeSpec | undefined;
  status?: CSINodeStatus | undefined;
}

/** storage.v1.CSINodeDriver */
export interface CSINodeDriver {
  name?: string | undefined;
  nodeID?: string | undefined;
  topologyKeys?: string[] | undefined;
  allocatable?: VolumeNodeResources | undefined;
}

/** storage.v1.CSINodeSpec */
export interface CSINodeSpec {
  drivers?: CSINodeDriver[] | undefined;
}

/** storage.v1.CSINodeStatus */
export interface CSINodeStatus {
  storageHealth?: StorageHealth[] | undefined;
}

/** core.v1.CSIPersistentVolumeSource */
export interface CSIPersistentVolumeSource {
  driver?: string | undefined;
  volumeHandle?: string | undefined;
  readOnly?: boolean | undefined;
  fsType?: string | undefined;
  volumeAttributes?: Record<string, string> | undefined;
  controllerPublishSecretRef?: SecretReference | undefined;
  nodeStageSecretRef?: SecretReference | undefined;
  nodePublishSecretRef?: SecretReference | undefined;
  controllerExpandSecretRef?: SecretReference | undefined;
  nodeExpandSecretRef?: SecretReference | undefined;
}

/** storage.v1.CSIStorageCapacity */
export interface CSIStorageCapacity {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  nodeTopology?: LabelSelector | undefined;
  storageClassName?: string | undefined;
  capacity?: string | undefined;
  maximumVolumeSize?: string | undefined;
}

/** core.v1.CSIVolumeSource */
export interface CSIVolumeSource {
  driver?: string | undefined;
  readOnly?: boolean | undefined;
  fsType?: string | undefined;
  volumeAttributes?: Record<string, string> | undefined;
  nodePublishSecretRef?: LocalObjectReference | undefined;
}

/** core.v1.Capabilities */
export interface Capabilities {
  add?: string[] | undefined;
  drop?: string[] | undefined;
}

/** core.v1.CephFSPersistentVolumeSource */
export interface CephFSPersistentVolumeSource {
  monitors?: string[] | undefined;
  path?: string | undefined;
  user?: string | undefined;
  secretFile?: string | undefined;
  secretRef?: SecretReference | undefined;
  readOnly?: boolean | undefined;
}

/** core.v1.CephFSVolumeSource */
export interface CephFSVolumeSource {
  monitors?: string[] | undefined;
  path?: string | undefined;
  user?: string | undefined;
  secretFile?: string | undefined;
  secretRef?: LocalObjectReference | undefined;
  readOnly?: boolean | undefined;
}

/** certificates.v1.CertificateSigningRequest */
export interface CertificateSigningRequest {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CertificateSigningRequestSpec | undefined;
  status?: CertificateSigningRequestStatus | undefined;
}

/** certificates.v1.CertificateSigningRequestCondition */
export interface CertificateSigningRequestCondition {
  type?: string | undefined;
  status?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
  lastUpdateTime?: string | undefined;
  lastTransitionTime?: string | undefined;
}

/** certificates.v1.CertificateSigningRequestSpec */
export interface CertificateSigningRequestSpec {
  request?: string | undefined;
  signerName?: string | undefined;
  expirationSeconds?: number | undefined;
  usages?: string[] | undefined;
  username?: string | undefined;
  uid?: string | undefined;
  groups?: string[] | undefined;
  extra?: Record<string, string[]> | undefined;
}

/** certificates.v1.CertificateSigningRequestStatus */
export interface CertificateSigningRequestStatus {
  conditions?: CertificateSigningRequestCondition[] | undefined;
  certificate?: string | undefined;
}

/** core.v1.CinderPersistentVolumeSource */
export interface CinderPersistentVolumeSource {
  volumeID?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: SecretReference | undefined;
}

/** core.v1.CinderVolumeSource */
export interface CinderVolumeSource {
  volumeID?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: LocalObjectReference | undefined;
}

/** core.v1.ClientIPConfig */
export interface ClientIPConfig {
  timeoutSeconds?: number | undefined;
}

/** rbac.v1.ClusterRole */
export interface ClusterRole {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  rules?: PolicyRule[] | undefined;
  aggregationRule?: AggregationRule | undefined;
}

/** rbac.v1.ClusterRoleBinding */
export interface ClusterRoleBinding {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  subjects?: Subject[] | undefined;
  roleRef?: RoleRef | undefined;
}

/** core.v1.ClusterTrustBundleProjection */
export interface ClusterTrustBundleProjection {
  name?: string | undefined;
  signerName?: string | undefined;
  labelSelector?: LabelSelector | undefined;
  optional?: boolean | undefined;
  path?: string | undefined;
  user?: number | undefined;
}

/** apis.meta.v1.Condition */
export interface Condition {
  type?: string | undefined;
  status?: string | undefined;
  observedGeneration?: number | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** core.v1.ConfigMap */
export interface ConfigMap {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  immutable?: boolean | undefined;
  data?: Record<string, string> | undefined;
  binaryData?: Record<string, string> | undefined;
}

/** core.v1.ConfigMapEnvSource */
export interface ConfigMapEnvSource {
  name?: string | undefined;
  optional?: boolean | undefined;
}

/** core.v1.ConfigMapKeySelector */
export interface ConfigMapKeySelector {
  name?: string | undefined;
  key?: string | undefined;
  optional?: boolean | undefined;
}

/** core.v1.ConfigMapNodeConfigSource */
export interface ConfigMapNodeConfigSource {
  namespace?: string | undefined;
  name?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  kubeletConfigKey?: string | undefined;
}

/** core.v1.ConfigMapProjection */
export interface ConfigMapProjection {
  name?: string | undefined;
  items?: KeyToPath[] | undefined;
  optional?: boolean | undefined;
}

/** core.v1.ConfigMapVolumeSource */
export interface ConfigMapVolumeSource {
  name?: string | undefined;
  items?: KeyToPath[] | undefined;
  defaultMode?: number | undefined;
  optional?: boolean | undefined;
  defaultUser?: number | undefined;
}

/** core.v1.Container */
export interface Container {
  name?: string | undefined;
  image?: string | undefined;
  command?: string[] | undefined;
  args?: string[] | undefined;
  workingDir?: string | undefined;
  ports?: ContainerPort[] | undefined;
  envFrom?: EnvFromSource[] | undefined;
  env?: EnvVar[] | undefined;
  resources?: ResourceRequirements | undefined;
  resizePolicy?: ContainerResizePolicy[] | undefined;
  restartPolicy?: string | undefined;
  restartPolicyRules?: ContainerRestartRule[] | undefined;
  volumeMounts?: VolumeMount[] | undefined;
  volumeDevices?: VolumeDevice[] | undefined;
  livenessProbe?: Probe | undefined;
  readinessProbe?: Probe | undefined;
  startupProbe?: Probe | undefined;
  lifecycle?: Lifecycle | undefined;
  terminationMessagePath?: string | undefined;
  terminationMessagePolicy?: string | undefined;
  imagePullPolicy?: string | undefined;
  securityContext?: SecurityContext | undefined;
  stdin?: boolean | undefined;
  stdinOnce?: boolean | undefined;
  tty?: boolean | undefined;
}

/** core.v1.ContainerExtendedResourceRequest */
export interface ContainerExtendedResourceRequest {
  containerName?: string | undefined;
  resourceName?: string | undefined;
  requestName?: string | undefined;
}

/** core.v1.ContainerImage */
export interface ContainerImage {
  names?: string[] | undefined;
  sizeBytes?: number | undefined;
}

/** core.v1.ContainerPort */
export interface ContainerPort {
  name?: string | undefined;
  hostPort?: number | undefined;
  containerPort?: number | undefined;
  protocol?: string | undefined;
  hostIP?: string | undefined;
}

/** core.v1.ContainerResizePolicy */
export interface ContainerResizePolicy {
  resourceName?: string | undefined;
  restartPolicy?: string | undefined;
}

/** autoscaling.v2.ContainerResourceMetricSource */
export interface ContainerResourceMetricSource {
  name?: string | undefined;
  target?: MetricTarget | undefined;
  container?: string | undefined;
}

/** autoscaling.v2.ContainerResourceMetricStatus */
export interface ContainerResourceMetricStatus {
  name?: string | undefined;
  current?: MetricValueStatus | undefined;
  container?: string | undefined;
}

/** core.v1.ContainerRestartRule */
export interface ContainerRestartRule {
  action?: string | undefined;
  exitCodes?: ContainerRestartRuleOnExitCodes | undefined;
}

/** core.v1.ContainerRestartRuleOnExitCodes */
export interface ContainerRestartRuleOnExitCodes {
  operator?: string | undefined;
  values?: number[] | undefined;
}

/** core.v1.ContainerState */
export interface ContainerState {
  waiting?: ContainerStateWaiting | undefined;
  running?: ContainerStateRunning | undefined;
  terminated?: ContainerStateTerminated | undefined;
}

/** core.v1.ContainerStateRunning */
export interface ContainerStateRunning {
  startedAt?: string | undefined;
}

/** core.v1.ContainerStateTerminated */
export interface ContainerStateTerminated {
  exitCode?: number | undefined;
  signal?: number | undefined;
  reason?: string | undefined;
  message?: string | undefined;
  startedAt?: string | undefined;
  finishedAt?: string | undefined;
  containerID?: string | undefined;
}

/** core.v1.ContainerStateWaiting */
export interface ContainerStateWaiting {
  reason?: string | undefined;
  message?: string | undefined;
}

/** core.v1.ContainerStatus */
export interface ContainerStatus {
  name?: string | undefined;
  state?: ContainerState | undefined;
  lastState?: ContainerState | undefined;
  ready?: boolean | undefined;
  restartCount?: number | undefined;
  image?: string | undefined;
  imageID?: string | undefined;
  containerID?: string | undefined;
  started?: boolean | undefined;
  allocatedResources?: Record<string, string> | undefined;
  resources?: ResourceRequirements | undefined;
  volumeMounts?: VolumeMountStatus[] | undefined;
  user?: ContainerUser | undefined;
  allocatedResourcesStatus?: ResourceStatus[] | undefined;
  stopSignal?: string | undefined;
}

/** core.v1.ContainerUser */
export interface ContainerUser {
  linux?: LinuxContainerUser | undefined;
}

/** apps.v1.ControllerRevision */
export interface ControllerRevision {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  data?: unknown | undefined;
  revision?: number | undefined;
}

/** batch.v1.CronJob */
export interface CronJob {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CronJobSpec | undefined;
  status?: CronJobStatus | undefined;
}

/** batch.v1.CronJobSpec */
export interface CronJobSpec {
  schedule?: string | undefined;
  timeZone?: string | undefined;
  startingDeadlineSeconds?: number | undefined;
  concurrencyPolicy?: string | undefined;
  suspend?: boolean | undefined;
  jobTemplate?: JobTemplateSpec | undefined;
  successfulJobsHistoryLimit?: number | undefined;
  failedJobsHistoryLimit?: number | undefined;
}

/** batch.v1.CronJobStatus */
export interface CronJobStatus {
  active?: ObjectReference[] | undefined;
  lastScheduleTime?: string | undefined;
  lastSuccessfulTime?: string | undefined;
}

/** autoscaling.v2.CrossVersionObjectReference */
export interface CrossVersionObjectReference {
  kind?: string | undefined;
  name?: string | undefined;
  apiVersion?: string | undefined;
}

/** apiextensions.v1.CustomResourceColumnDefinition */
export interface CustomResourceColumnDefinition {
  name?: string | undefined;
  type?: string | undefined;
  format?: string | undefined;
  description?: string | undefined;
  priority?: number | undefined;
  jsonPath?: string | undefined;
}

/** apiextensions.v1.CustomResourceConversion */
export interface CustomResourceConversion {
  strategy?: string | undefined;
  webhook?: WebhookConversion | undefined;
}

/** apiextensions.v1.CustomResourceDefinition */
export interface CustomResourceDefinition {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CustomResourceDefinitionSpec | undefined;
  status?: CustomResourceDefinitionStatus | undefined;
}

/** apiextensions.v1.CustomResourceDefinitionCondition */
export interface CustomResourceDefinitionCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
  observedGeneration?: number | undefined;
}

/** apiextensions.v1.CustomResourceDefinitionNames */
export interface CustomResourceDefinitionNames {
  plural?: string | undefined;
  singular?: string | undefined;
  shortNames?: string[] | undefined;
  kind?: string | undefined;
  listKind?: string | undefined;
  categories?: string[] | undefined;
}

/** apiextensions.v1.CustomResourceDefinitionSpec */
export interface CustomResourceDefinitionSpec {
  group?: string | undefined;
  names?: CustomResourceDefinitionNames | undefined;
  scope?: string | undefined;
  versions?: CustomResourceDefinitionVersion[] | undefined;
  conversion?: CustomResourceConversion | undefined;
  preserveUnknownFields?: boolean | undefined;
}

/** apiextensions.v1.CustomResourceDefinitionStatus */
export interface CustomResourceDefinitionStatus {
  conditions?: CustomResourceDefinitionCondition[] | undefined;
  acceptedNames?: CustomResourceDefinitionNames | undefined;
  storedVersions?: string[] | undefined;
  observedGeneration?: number | undefined;
}

/** apiextensions.v1.CustomResourceDefinitionVersion */
export interface CustomResourceDefinitionVersion {
  name?: string | undefined;
  served?: boolean | undefined;
  storage?: boolean | undefined;
  deprecated?: boolean | undefined;
  deprecationWarning?: string | undefined;
  schema?: CustomResourceValidation | undefined;
  subresources?: CustomResourceSubresources | undefined;
  additionalPrinterColumns?: CustomResourceColumnDefinition[] | undefined;
  selectableFields?: SelectableField[] | undefined;
}

/** apiextensions.v1.CustomResourceSubresourceScale */
export interface CustomResourceSubresourceScale {
  specReplicasPath?: string | undefined;
  statusReplicasPath?: string | undefined;
  labelSelectorPath?: string | undefined;
}

/** apiextensions.v1.CustomResourceSubresourceStatus */
export interface CustomResourceSubresourceStatus {

}

/** apiextensions.v1.CustomResourceSubresources */
export interface CustomResourceSubresources {
  status?: CustomResourceSubresourceStatus | undefined;
  scale?: CustomResourceSubresourceScale | undefined;
}

/** apiextensions.v1.CustomResourceValidation */
export interface CustomResourceValidation {
  openAPIV3Schema?: JSONSchemaProps | undefined;
}

/** core.v1.DaemonEndpoint */
export interface DaemonEndpoint {
  Port?: number | undefined;
}

/** apps.v1.DaemonSet */
export interface DaemonSet {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: DaemonSetSpec | undefined;
  status?: DaemonSetStatus | undefined;
}

/** apps.v1.DaemonSetCondition */
export interface DaemonSetCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** apps.v1.DaemonSetSpec */
export interface DaemonSetSpec {
  selector?: LabelSelector | undefined;
  template?: PodTemplateSpec | undefined;
  updateStrategy?: DaemonSetUpdateStrategy | undefined;
  minReadySeconds?: number | undefined;
  revisionHistoryLimit?: number | undefined;
}

/** apps.v1.DaemonSetStatus */
export interface DaemonSetStatus {
  currentNumberScheduled?: number | undefined;
  numberMisscheduled?: number | undefined;
  desiredNumberScheduled?: number | undefined;
  numberReady?: number | undefined;
  observedGeneration?: number | undefined;
  updatedNumberScheduled?: number | undefined;
  numberAvailable?: number | undefined;
  numberUnavailable?: number | undefined;
  collisionCount?: number | undefined;
  conditions?: DaemonSetCondition[] | undefined;
}

/** apps.v1.DaemonSetUpdateStrategy */
export interface DaemonSetUpdateStrategy {
  type?: string | undefined;
  rollingUpdate?: RollingUpdateDaemonSet | undefined;
}

/** apis.meta.v1.DeleteOptions */
export interface DeleteOptions {
  gracePeriodSeconds?: number | undefined;
  preconditions?: Preconditions | undefined;
  orphanDependents?: boolean | undefined;
  propagationPolicy?: string | undefined;
  dryRun?: string[] | undefined;
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean | undefined;
}

/** apps.v1.Deployment */
export interface Deployment {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: DeploymentSpec | undefined;
  status?: DeploymentStatus | undefined;
}

/** apps.v1.DeploymentCondition */
export interface DeploymentCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastUpdateTime?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** apps.v1.DeploymentSpec */
export interface DeploymentSpec {
  replicas?: number | undefined;
  selector?: LabelSelector | undefined;
  template?: PodTemplateSpec | undefined;
  strategy?: DeploymentStrategy | undefined;
  minReadySeconds?: number | undefined;
  revisionHistoryLimit?: number | undefined;
  paused?: boolean | undefined;
  progressDeadlineSeconds?: number | undefined;
}

/** apps.v1.DeploymentStatus */
export interface DeploymentStatus {
  observedGeneration?: number | undefined;
  replicas?: number | undefined;
  updatedReplicas?: number | undefined;
  readyReplicas?: number | undefined;
  availableReplicas?: number | undefined;
  unavailableReplicas?: number | undefined;
  terminatingReplicas?: number | undefined;
  conditions?: DeploymentCondition[] | undefined;
  collisionCount?: number | undefined;
}

/** apps.v1.DeploymentStrategy */
export interface DeploymentStrategy {
  type?: string | undefined;
  rollingUpdate?: RollingUpdateDeployment | undefined;
}

/** discovery.v1.EndpointPort */
export interface DiscoveryEndpointPort {
  name?: string | undefined;
  protocol?: string | undefined;
  port?: number | undefined;
  appProtocol?: string | undefined;
}

/** core.v1.DownwardAPIProjection */
export interface DownwardAPIProjection {
  items?: DownwardAPIVolumeFile[] | undefined;
}

/** core.v1.DownwardAPIVolumeFile */
export interface DownwardAPIVolumeFile {
  path?: string | undefined;
  fieldRef?: ObjectFieldSelector | undefined;
  resourceFieldRef?: ResourceFieldSelector | undefined;
  mode?: number | undefined;
  user?: number | undefined;
}

/** core.v1.DownwardAPIVolumeSource */
export interface DownwardAPIVolumeSource {
  items?: DownwardAPIVolumeFile[] | undefined;
  defaultMode?: number | undefined;
  defaultUser?: number | undefined;
}

/** core.v1.EmptyDirVolumeSource */
export interface EmptyDirVolumeSource {
  medium?: string | undefined;
  sizeLimit?: string | undefined;
  mode?: number | undefined;
}

/** discovery.v1.Endpoint */
export interface Endpoint {
  addresses?: string[] | undefined;
  conditions?: EndpointConditions | undefined;
  hostname?: string | undefined;
  targetRef?: ObjectReference | undefined;
  deprecatedTopology?: Record<string, string> | undefined;
  nodeName?: string | undefined;
  zone?: string | undefined;
  hints?: EndpointHints | undefined;
}

/** core.v1.EndpointAddress */
export interface EndpointAddress {
  ip?: string | undefined;
  hostname?: string | undefined;
  nodeName?: string | undefined;
  targetRef?: ObjectReference | undefined;
}

/** discovery.v1.EndpointConditions */
export interface EndpointConditions {
  ready?: boolean | undefined;
  serving?: boolean | undefined;
  terminating?: boolean | undefined;
}

/** discovery.v1.EndpointHints */
export interface EndpointHints {
  forZones?: ForZone[] | undefined;
  forNodes?: ForNode[] | undefined;
}

/** core.v1.EndpointPort */
export interface EndpointPort {
  name?: string | undefined;
  port?: number | undefined;
  protocol?: string | undefined;
  appProtocol?: string | undefined;
}

/** discovery.v1.EndpointSlice */
export interface EndpointSlice {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  addressType?: string | undefined;
  endpoints?: Endpoint[] | undefined;
  ports?: DiscoveryEndpointPort[] | undefined;
}

/** core.v1.EndpointSubset */
export interface EndpointSubset {
  addresses?: EndpointAddress[] | undefined;
  notReadyAddresses?: EndpointAddress[] | undefined;
  ports?: EndpointPort[] | undefined;
}

/** core.v1.Endpoints */
export interface Endpoints {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  subsets?: EndpointSubset[] | undefined;
}

/** core.v1.EnvFromSource */
export interface EnvFromSource {
  prefix?: string | undefined;
  configMapRef?: ConfigMapEnvSource | undefined;
  secretRef?: SecretEnvSource | undefined;
}

/** core.v1.EnvVar */
export interface EnvVar {
  name?: string | undefined;
  value?: string | undefined;
  valueFrom?: EnvVarSource | undefined;
}

/** core.v1.EnvVarSource */
export interface EnvVarSource {
  fieldRef?: ObjectFieldSelector | undefined;
  resourceFieldRef?: ResourceFieldSelector | undefined;
  configMapKeyRef?: ConfigMapKeySelector | undefined;
  secretKeyRef?: SecretKeySelector | undefined;
  fileKeyRef?: FileKeySelector | undefined;
}

/** core.v1.EphemeralContainer */
export interface EphemeralContainer {
  name?: string | undefined;
  image?: string | undefined;
  command?: string[] | undefined;
  args?: string[] | undefined;
  workingDir?: string | undefined;
  ports?: ContainerPort[] | undefined;
  envFrom?: EnvFromSource[] | undefined;
  env?: EnvVar[] | undefined;
  resources?: ResourceRequirements | undefined;
  resizePolicy?: ContainerResizePolicy[] | undefined;
  restartPolicy?: string | undefined;
  restartPolicyRules?: ContainerRestartRule[] | undefined;
  volumeMounts?: VolumeMount[] | undefined;
  volumeDevices?: VolumeDevice[] | undefined;
  livenessProbe?: Probe | undefined;
  readinessProbe?: Probe | undefined;
  startupProbe?: Probe | undefined;
  lifecycle?: Lifecycle | undefined;
  terminationMessagePath?: string | undefined;
  terminationMessagePolicy?: string | undefined;
  imagePullPolicy?: string | undefined;
  securityContext?: SecurityContext | undefined;
  stdin?: boolean | undefined;
  stdinOnce?: boolean | undefined;
  tty?: boolean | undefined;
  targetContainerName?: string | undefined;
}

/** core.v1.EphemeralVolumeSource */
export interface EphemeralVolumeSource {
  volumeClaimTemplate?: PersistentVolumeClaimTemplate | undefined;
}

/** core.v1.Event */
export interface Event {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  involvedObject?: ObjectReference | undefined;
  reason?: string | undefined;
  message?: string | undefined;
  source?: EventSource | undefined;
  firstTimestamp?: string | undefined;
  lastTimestamp?: string | undefined;
  count?: number | undefined;
  type?: string | undefined;
  eventTime?: string | undefined;
  series?: EventSeries | undefined;
  action?: string | undefined;
  related?: ObjectReference | undefined;
  reportingComponent?: string | undefined;
  reportingInstance?: string | undefined;
}

/** core.v1.EventSeries */
export interface EventSeries {
  count?: number | undefined;
  lastObservedTime?: string | undefined;
}

/** core.v1.EventSource */
export interface EventSource {
  component?: string | undefined;
  host?: string | undefined;
}

/** events.v1.Event */
export interface EventsEvent {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  eventTime?: string | undefined;
  series?: EventsEventSeries | undefined;
  reportingController?: string | undefined;
  reportingInstance?: string | undefined;
  action?: string | undefined;
  reason?: string | undefined;
  regarding?: ObjectReference | undefined;
  related?: ObjectReference | undefined;
  note?: string | undefined;
  type?: string | undefined;
  deprecatedSource?: EventSource | undefined;
  deprecatedFirstTimestamp?: string | undefined;
  deprecatedLastTimestamp?: string | undefined;
  deprecatedCount?: number | undefined;
}

/** events.v1.EventSeries */
export interface EventsEventSeries {
  count?: number | undefined;
  lastObservedTime?: string | undefined;
}

/** policy.v1.Eviction */
export interface Eviction {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  deleteOptions?: DeleteOptions | undefined;
}

/** core.v1.EvictionResponder */
export interface EvictionResponder {
  name?: string | undefined;
  priority?: number | undefined;
}

/** core.v1.ExecAction */
export interface ExecAction {
  command?: string[] | undefined;
}

/** flowcontrol.v1.ExemptPriorityLevelConfiguration */
export interface ExemptPriorityLevelConfiguration {
  nominalConcurrencyShares?: number | undefined;
  lendablePercent?: number | undefined;
}

/** admissionregistration.v1.ExpressionWarning */
export interface ExpressionWarning {
  fieldRef?: string | undefined;
  warning?: string | undefined;
}

/** apiextensions.v1.ExternalDocumentation */
export interface ExternalDocumentation {
  description?: string | undefined;
  url?: string | undefined;
}

/** autoscaling.v2.ExternalMetricSource */
export interface ExternalMetricSource {
  metric?: MetricIdentifier | undefined;
  target?: MetricTarget | undefined;
}

/** autoscaling.v2.ExternalMetricStatus */
export interface ExternalMetricStatus {
  metric?: MetricIdentifier | undefined;
  current?: MetricValueStatus | undefined;
}

/** core.v1.FCVolumeSource */
export interface FCVolumeSource {
  targetWWNs?: string[] | undefined;
  lun?: number | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  wwids?: string[] | undefined;
}

/** authorization.v1.FieldSelectorAttributes */
export interface FieldSelectorAttributes {
  rawSelector?: string | undefined;
  requirements?: FieldSelectorRequirement[] | undefined;
}

/** apis.meta.v1.FieldSelectorRequirement */
export interface FieldSelectorRequirement {
  key?: string | undefined;
  operator?: string | undefined;
  values?: string[] | undefined;
}

/** core.v1.FileKeySelector */
export interface FileKeySelector {
  volumeName?: string | undefined;
  path?: string | undefined;
  key?: string | undefined;
  optional?: boolean | undefined;
}

/** core.v1.FlexPersistentVolumeSource */
export interface FlexPersistentVolumeSource {
  driver?: string | undefined;
  fsType?: string | undefined;
  secretRef?: SecretReference | undefined;
  readOnly?: boolean | undefined;
  options?: Record<string, string> | undefined;
}

/** core.v1.FlexVolumeSource */
export interface FlexVolumeSource {
  driver?: string | undefined;
  fsType?: string | undefined;
  secretRef?: LocalObjectReference | undefined;
  readOnly?: boolean | undefined;
  options?: Record<string, string> | undefined;
}

/** core.v1.FlockerVolumeSource */
export interface FlockerVolumeSource {
  datasetName?: string | undefined;
  datasetUUID?: string | undefined;
}

/** flowcontrol.v1.FlowDistinguisherMethod */
export interface FlowDistinguisherMethod {
  type?: string | undefined;
}

/** flowcontrol.v1.FlowSchema */
export interface FlowSchema {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: FlowSchemaSpec | undefined;
  status?: FlowSchemaStatus | undefined;
}

/** flowcontrol.v1.FlowSchemaCondition */
export interface FlowSchemaCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** flowcontrol.v1.FlowSchemaSpec */
export interface FlowSchemaSpec {
  priorityLevelConfiguration?: PriorityLevelConfigurationReference | undefined;
  matchingPrecedence?: number | undefined;
  distinguisherMethod?: FlowDistinguisherMethod | undefined;
  rules?: PolicyRulesWithSubjects[] | undefined;
}

/** flowcontrol.v1.FlowSchemaStatus */
export interface FlowSchemaStatus {
  conditions?: FlowSchemaCondition[] | undefined;
}

/** flowcontrol.v1.Subject */
export interface FlowcontrolSubject {
  kind?: string | undefined;
  user?: UserSubject | undefined;
  group?: GroupSubject | undefined;
  serviceAccount?: ServiceAccountSubject | undefined;
}

/** discovery.v1.ForNode */
export interface ForNode {
  name?: string | undefined;
}

/** discovery.v1.ForZone */
export interface ForZone {
  name?: string | undefined;
}

/** core.v1.GCEPersistentDiskVolumeSource */
export interface GCEPersistentDiskVolumeSource {
  pdName?: string | undefined;
  fsType?: string | undefined;
  partition?: number | undefined;
  readOnly?: boolean | undefined;
}

/** core.v1.GRPCAction */
export interface GRPCAction {
  port?: number | undefined;
  service?: string | undefined;
  mode?: string | undefined;
}

/** core.v1.GitRepoVolumeSource */
export interface GitRepoVolumeSource {
  repository?: string | undefined;
  revision?: string | undefined;
  directory?: string | undefined;
}

/** core.v1.GlusterfsPersistentVolumeSource */
export interface GlusterfsPersistentVolumeSource {
  endpoints?: string | undefined;
  path?: string | undefined;
  readOnly?: boolean | undefined;
  endpointsNamespace?: string | undefined;
}

/** core.v1.GlusterfsVolumeSource */
export interface GlusterfsVolumeSource {
  endpoints?: string | undefined;
  path?: string | undefined;
  readOnly?: boolean | undefined;
}

/** flowcontrol.v1.GroupSubject */
export interface GroupSubject {
  name?: string | undefined;
}

/** autoscaling.v2.HPAScalingPolicy */
export interface HPAScalingPolicy {
  type?: string | undefined;
  value?: number | undefined;
  periodSeconds?: number | undefined;
}

/** autoscaling.v2.HPAScalingRules */
export interface HPAScalingRules {
  stabilizationWindowSeconds?: number | undefined;
  selectPolicy?: string | undefined;
  policies?: HPAScalingPolicy[] | undefined;
  tolerance?: string | undefined;
}

/** core.v1.HTTPGetAction */
export interface HTTPGetAction {
  path?: string | undefined;
  port?: number | string | undefined;
  host?: string | undefined;
  scheme?: string | undefined;
  httpHeaders?: HTTPHeader[] | undefined;
  protocol?: string | undefined;
}

/** core.v1.HTTPHeader */
export interface HTTPHeader {
  name?: string | undefined;
  value?: string | undefined;
}

/** networking.v1.HTTPIngressPath */
export interface HTTPIngressPath {
  path?: string | undefined;
  pathType?: string | undefined;
  backend?: IngressBackend | undefined;
}

/** networking.v1.HTTPIngressRuleValue */
export interface HTTPIngressRuleValue {
  paths?: HTTPIngressPath[] | undefined;
}

/** autoscaling.v2.HorizontalPodAutoscaler */
export interface HorizontalPodAutoscaler {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: HorizontalPodAutoscalerSpec | undefined;
  status?: HorizontalPodAutoscalerStatus | undefined;
}

/** autoscaling.v2.HorizontalPodAutoscalerBehavior */
export interface HorizontalPodAutoscalerBehavior {
  scaleUp?: HPAScalingRules | undefined;
  scaleDown?: HPAScalingRules | undefined;
}

/** autoscaling.v2.HorizontalPodAutoscalerCondition */
export interface HorizontalPodAutoscalerCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
  observedGeneration?: number | undefined;
}

/** autoscaling.v2.HorizontalPodAutoscalerSpec */
export interface HorizontalPodAutoscalerSpec {
  scaleTargetRef?: CrossVersionObjectReference | undefined;
  minReplicas?: number | undefined;
  maxReplicas?: number | undefined;
  metrics?: MetricSpec[] | undefined;
  behavior?: HorizontalPodAutoscalerBehavior | undefined;
}

/** autoscaling.v2.HorizontalPodAutoscalerStatus */
export interface HorizontalPodAutoscalerStatus {
  observedGeneration?: number | undefined;
  lastScaleTime?: string | undefined;
  currentReplicas?: number | undefined;
  desiredReplicas?: number | undefined;
  currentMetrics?: MetricStatus[] | undefined;
  conditions?: HorizontalPodAutoscalerCondition[] | undefined;
}

/** core.v1.HostAlias */
export interface HostAlias {
  ip?: string | undefined;
  hostnames?: string[] | undefined;
}

/** core.v1.HostIP */
export interface HostIP {
  ip?: string | undefined;
}

/** core.v1.HostPathVolumeSource */
export interface HostPathVolumeSource {
  path?: string | undefined;
  type?: string | undefined;
}

/** networking.v1.IPAddress */
export interface IPAddress {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: IPAddressSpec | undefined;
}

/** networking.v1.IPAddressSpec */
export interface IPAddressSpec {
  parentRef?: ParentReference | undefined;
}

/** networking.v1.IPBlock */
export interface IPBlock {
  cidr?: string | undefined;
  except?: string[] | undefined;
}

/** core.v1.ISCSIPersistentVolumeSource */
export interface ISCSIPersistentVolumeSource {
  targetPortal?: string | undefined;
  iqn?: string | undefined;
  lun?: number | undefined;
  iscsiInterface?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  portals?: string[] | undefined;
  chapAuthDiscovery?: boolean | undefined;
  chapAuthSession?: boolean | undefined;
  secretRef?: SecretReference | undefined;
  initiatorName?: string | undefined;
}

/** core.v1.ISCSIVolumeSource */
export interface ISCSIVolumeSource {
  targetPortal?: string | undefined;
  iqn?: string | undefined;
  lun?: number | undefined;
  iscsiInterface?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  portals?: string[] | undefined;
  chapAuthDiscovery?: boolean | undefined;
  chapAuthSession?: boolean | undefined;
  secretRef?: LocalObjectReference | undefined;
  initiatorName?: string | undefined;
}

/** core.v1.ImageVolumeSource */
export interface ImageVolumeSource {
  reference?: string | undefined;
  pullPolicy?: string | undefined;
}

/** core.v1.ImageVolumeStatus */
export interface ImageVolumeStatus {
  imageRef?: string | undefined;
}

/** networking.v1.Ingress */
export interface Ingress {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: IngressSpec | undefined;
  status?: IngressStatus | undefined;
}

/** networking.v1.IngressBackend */
export interface IngressBackend {
  service?: IngressServiceBackend | undefined;
  resource?: TypedLocalObjectReference | undefined;
}

/** networking.v1.IngressClass */
export interface IngressClass {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: IngressClassSpec | undefined;
}

/** networking.v1.IngressClassParametersReference */
export interface IngressClassParametersReference {
  apiGroup?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  scope?: string | undefined;
  namespace?: string | undefined;
}

/** networking.v1.IngressClassSpec */
export interface IngressClassSpec {
  controller?: string | undefined;
  parameters?: IngressClassParametersReference | undefined;
}

/** networking.v1.IngressLoadBalancerIngress */
export interface IngressLoadBalancerIngress {
  ip?: string | undefined;
  hostname?: string | undefined;
  ports?: IngressPortStatus[] | undefined;
}

/** networking.v1.IngressLoadBalancerStatus */
export interface IngressLoadBalancerStatus {
  ingress?: IngressLoadBalancerIngress[] | undefined;
}

/** networking.v1.IngressPortStatus */
export interface IngressPortStatus {
  port?: number | undefined;
  protocol?: string | undefined;
  error?: string | undefined;
}

/** networking.v1.IngressRule */
export interface IngressRule {
  host?: string | undefined;
  http?: HTTPIngressRuleValue | undefined;
}

/** networking.v1.IngressServiceBackend */
export interface IngressServiceBackend {
  name?: string | undefined;
  port?: ServiceBackendPort | undefined;
}

/** networking.v1.IngressSpec */
export interface IngressSpec {
  ingressClassName?: string | undefined;
  defaultBackend?: IngressBackend | undefined;
  tls?: IngressTLS[] | undefined;
  rules?: IngressRule[] | undefined;
}

/** networking.v1.IngressStatus */
export interface IngressStatus {
  loadBalancer?: IngressLoadBalancerStatus | undefined;
}

/** networking.v1.IngressTLS */
export interface IngressTLS {
  hosts?: string[] | undefined;
  secretName?: string | undefined;
}

/** apiextensions.v1.JSONSchemaProps */
export interface JSONSchemaProps {
  id?: string | undefined;
  $schema?: string | undefined;
  $ref?: string | undefined;
  description?: string | undefined;
  type?: string | undefined;
  format?: string | undefined;
  title?: string | undefined;
  default?: unknown | undefined;
  maximum?: number | undefined;
  exclusiveMaximum?: boolean | undefined;
  minimum?: number | undefined;
  exclusiveMinimum?: boolean | undefined;
  maxLength?: number | undefined;
  minLength?: number | undefined;
  pattern?: string | undefined;
  maxItems?: number | undefined;
  minItems?: number | undefined;
  uniqueItems?: boolean | undefined;
  multipleOf?: number | undefined;
  enum?: unknown[] | undefined;
  maxProperties?: number | undefined;
  minProperties?: number | undefined;
  required?: string[] | undefined;
  items?: unknown | undefined;
  allOf?: JSONSchemaProps[] | undefined;
  oneOf?: JSONSchemaProps[] | undefined;
  anyOf?: JSONSchemaProps[] | undefined;
  not?: JSONSchemaProps | undefined;
  properties?: Record<string, JSONSchemaProps> | undefined;
  additionalProperties?: unknown | undefined;
  patternProperties?: Record<string, JSONSchemaProps> | undefined;
  dependencies?: Record<string, unknown> | undefined;
  additionalItems?: unknown | undefined;
  definitions?: Record<string, JSONSchemaProps> | undefined;
  externalDocs?: ExternalDocumentation | undefined;
  example?: unknown | undefined;
  nullable?: boolean | undefined;
  'x-kubernetes-preserve-unknown-fields'?: boolean | undefined;
  'x-kubernetes-embedded-resource'?: boolean | undefined;
  'x-kubernetes-int-or-string'?: boolean | undefined;
  'x-kubernetes-list-map-keys'?: string[] | undefined;
  'x-kubernetes-list-type'?: string | undefined;
  'x-kubernetes-map-type'?: string | undefined;
  'x-kubernetes-validations'?: ValidationRule[] | undefined;
}

/** batch.v1.Job */
export interface Job {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: JobSpec | undefined;
  status?: JobStatus | undefined;
}

/** batch.v1.JobCondition */
export interface JobCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastProbeTime?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** batch.v1.JobSchedulingConfiguration */
export interface JobSchedulingConfiguration {
  schedulingPolicy?: WorkloadPodGroupSchedulingPolicy | undefined;
  schedulingConstraints?: WorkloadPodGroupSchedulingConstraints | undefined;
  disruptionMode?: WorkloadPodGroupDisruptionMode | undefined;
  resourceClaims?: WorkloadPodGroupResourceClaim[] | undefined;
}

/** batch.v1.JobSpec */
export interface JobSpec {
  parallelism?: number | undefined;
  completions?: number | undefined;
  activeDeadlineSeconds?: number | undefined;
  podFailurePolicy?: PodFailurePolicy | undefined;
  successPolicy?: SuccessPolicy | undefined;
  backoffLimit?: number | undefined;
  backoffLimitPerIndex?: number | undefined;
  maxFailedIndexes?: number | undefined;
  selector?: LabelSelector | undefined;
  manualSelector?: boolean | undefined;
  template?: PodTemplateSpec | undefined;
  ttlSecondsAfterFinished?: number | undefined;
  completionMode?: string | undefined;
  suspend?: boolean | undefined;
  podReplacementPolicy?: string | undefined;
  managedBy?: string | undefined;
  scheduling?: JobSchedulingConfiguration | undefined;
}

/** batch.v1.JobStatus */
export interface JobStatus {
  conditions?: JobCondition[] | undefined;
  startTime?: string | undefined;
  completionTime?: string | undefined;
  active?: number | undefined;
  succeeded?: number | undefined;
  failed?: number | undefined;
  terminating?: number | undefined;
  completedIndexes?: string | undefined;
  failedIndexes?: string | undefined;
  uncountedTerminatedPods?: UncountedTerminatedPods | undefined;
  ready?: number | undefined;
}

/** batch.v1.JobTemplateSpec */
export interface JobTemplateSpec {
  metadata?: ObjectMeta | undefined;
  spec?: JobSpec | undefined;
}

/** core.v1.KeyToPath */
export interface KeyToPath {
  key?: string | undefined;
  path?: string | undefined;
  mode?: number | undefined;
  user?: number | undefined;
}

/** apis.meta.v1.LabelSelector */
export interface LabelSelector {
  matchLabels?: Record<string, string> | undefined;
  matchExpressions?: LabelSelectorRequirement[] | undefined;
}

/** authorization.v1.LabelSelectorAttributes */
export interface LabelSelectorAttributes {
  rawSelector?: string | undefined;
  requirements?: LabelSelectorRequirement[] | undefined;
}

/** apis.meta.v1.LabelSelectorRequirement */
export interface LabelSelectorRequirement {
  key?: string | undefined;
  operator?: string | undefined;
  values?: string[] | undefined;
}

/** coordination.v1.Lease */
export interface Lease {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: LeaseSpec | undefined;
}

/** coordination.v1.LeaseSpec */
export interface LeaseSpec {
  holderIdentity?: string | undefined;
  leaseDurationSeconds?: number | undefined;
  acquireTime?: string | undefined;
  renewTime?: string | undefined;
  leaseTransitions?: number | undefined;
  strategy?: string | undefined;
  preferredHolder?: string | undefined;
}

/** core.v1.Lifecycle */
export interface Lifecycle {
  postStart?: LifecycleHandler | undefined;
  preStop?: LifecycleHandler | undefined;
  stopSignal?: string | undefined;
}

/** core.v1.LifecycleHandler */
export interface LifecycleHandler {
  exec?: ExecAction | undefined;
  httpGet?: HTTPGetAction | undefined;
  tcpSocket?: TCPSocketAction | undefined;
  sleep?: SleepAction | undefined;
}

/** core.v1.LimitRange */
export interface LimitRange {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: LimitRangeSpec | undefined;
}

/** core.v1.LimitRangeItem */
export interface LimitRangeItem {
  type?: string | undefined;
  max?: Record<string, string> | undefined;
  min?: Record<string, string> | undefined;
  default?: Record<string, string> | undefined;
  defaultRequest?: Record<string, string> | undefined;
  maxLimitRequestRatio?: Record<string, string> | undefined;
}

/** core.v1.LimitRangeSpec */
export interface LimitRangeSpec {
  limits?: LimitRangeItem[] | undefined;
}

/** flowcontrol.v1.LimitResponse */
export interface LimitResponse {
  type?: string | undefined;
  queuing?: QueuingConfiguration | undefined;
}

/** flowcontrol.v1.LimitedPriorityLevelConfiguration */
export interface LimitedPriorityLevelConfiguration {
  nominalConcurrencyShares?: number | undefined;
  limitResponse?: LimitResponse | undefined;
  lendablePercent?: number | undefined;
  borrowingLimitPercent?: number | undefined;
}

/** core.v1.LinuxContainerUser */
export interface LinuxContainerUser {
  uid?: number | undefined;
  gid?: number | undefined;
  supplementalGroups?: number[] | undefined;
}

/** apis.meta.v1.ListMeta */
export interface ListMeta {
  selfLink?: string | undefined;
  resourceVersion?: string | undefined;
  continue?: string | undefined;
  remainingItemCount?: number | undefined;
  shardInfo?: ShardInfo | undefined;
}

/** core.v1.LoadBalancerIngress */
export interface LoadBalancerIngress {
  ip?: string | undefined;
  hostname?: string | undefined;
  ipMode?: string | undefined;
  ports?: PortStatus[] | undefined;
}

/** core.v1.LoadBalancerStatus */
export interface LoadBalancerStatus {
  ingress?: LoadBalancerIngress[] | undefined;
}

/** core.v1.LocalObjectReference */
export interface LocalObjectReference {
  name?: string | undefined;
}

/** authorization.v1.LocalSubjectAccessReview */
export interface LocalSubjectAccessReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: SubjectAccessReviewSpec | undefined;
  status?: SubjectAccessReviewStatus | undefined;
}

/** core.v1.LocalVolumeSource */
export interface LocalVolumeSource {
  path?: string | undefined;
  fsType?: string | undefined;
}

/** apis.meta.v1.ManagedFieldsEntry */
export interface ManagedFieldsEntry {
  manager?: string | undefined;
  operation?: string | undefined;
  apiVersion?: string | undefined;
  time?: string | undefined;
  fieldsType?: string | undefined;
  fieldsV1?: unknown | undefined;
  subresource?: string | undefined;
}

/** admissionregistration.v1.MatchCondition */
export interface MatchCondition {
  name?: string | undefined;
  expression?: string | undefined;
}

/** admissionregistration.v1.MatchResources */
export interface MatchResources {
  namespaceSelector?: LabelSelector | undefined;
  objectSelector?: LabelSelector | undefined;
  resourceRules?: NamedRuleWithOperations[] | undefined;
  excludeResourceRules?: NamedRuleWithOperations[] | undefined;
  matchPolicy?: string | undefined;
}

/** autoscaling.v2.MetricIdentifier */
export interface MetricIdentifier {
  name?: string | undefined;
  selector?: LabelSelector | undefined;
}

/** autoscaling.v2.MetricSpec */
export interface MetricSpec {
  type?: string | undefined;
  object?: ObjectMetricSource | undefined;
  pods?: PodsMetricSource | undefined;
  resource?: ResourceMetricSource | undefined;
  containerResource?: ContainerResourceMetricSource | undefined;
  external?: ExternalMetricSource | undefined;
}

/** autoscaling.v2.MetricStatus */
export interface MetricStatus {
  type?: string | undefined;
  object?: ObjectMetricStatus | undefined;
  pods?: PodsMetricStatus | undefined;
  resource?: ResourceMetricStatus | undefined;
  containerResource?: ContainerResourceMetricStatus | undefined;
  external?: ExternalMetricStatus | undefined;
}

/** autoscaling.v2.MetricTarget */
export interface MetricTarget {
  type?: string | undefined;
  value?: string | undefined;
  averageValue?: string | undefined;
  averageUtilization?: number | undefined;
}

/** autoscaling.v2.MetricValueStatus */
export interface MetricValueStatus {
  value?: string | undefined;
  averageValue?: string | undefined;
  averageUtilization?: number | undefined;
}

/** core.v1.ModifyVolumeStatus */
export interface ModifyVolumeStatus {
  targetVolumeAttributesClassName?: string | undefined;
  status?: string | undefined;
}

/** admissionregistration.v1.MutatingWebhook */
export interface MutatingWebhook {
  name?: string | undefined;
  clientConfig?: WebhookClientConfig | undefined;
  rules?: RuleWithOperations[] | undefined;
  failurePolicy?: string | undefined;
  matchPolicy?: string | undefined;
  namespaceSelector?: LabelSelector | undefined;
  objectSelector?: LabelSelector | undefined;
  sideEffects?: string | undefined;
  timeoutSeconds?: number | undefined;
  admissionReviewVersions?: string[] | undefined;
  reinvocationPolicy?: string | undefined;
  matchConditions?: MatchCondition[] | undefined;
}

/** admissionregistration.v1.MutatingWebhookConfiguration */
export interface MutatingWebhookConfiguration {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  webhooks?: MutatingWebhook[] | undefined;
}

/** core.v1.NFSVolumeSource */
export interface NFSVolumeSource {
  server?: string | undefined;
  path?: string | undefined;
  readOnly?: boolean | undefined;
}

/** admissionregistration.v1.NamedRuleWithOperations */
export interface NamedRuleWithOperations {
  resourceNames?: string[] | undefined;
  operations?: string[] | undefined;
  apiGroups?: string[] | undefined;
  apiVersions?: string[] | undefined;
  resources?: string[] | undefined;
  scope?: string | undefined;
}

/** core.v1.Namespace */
export interface Namespace {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: NamespaceSpec | undefined;
  status?: NamespaceStatus | undefined;
}

/** core.v1.NamespaceCondition */
export interface NamespaceCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** core.v1.NamespaceSpec */
export interface NamespaceSpec {
  finalizers?: string[] | undefined;
}

/** core.v1.NamespaceStatus */
export interface NamespaceStatus {
  phase?: string | undefined;
  conditions?: NamespaceCondition[] | undefined;
}

/** networking.v1.NetworkPolicy */
export interface NetworkPolicy {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: NetworkPolicySpec | undefined;
}

/** networking.v1.NetworkPolicyEgressRule */
export interface NetworkPolicyEgressRule {
  ports?: NetworkPolicyPort[] | undefined;
  to?: NetworkPolicyPeer[] | undefined;
}

/** networking.v1.NetworkPolicyIngressRule */
export interface NetworkPolicyIngressRule {
  ports?: NetworkPolicyPort[] | undefined;
  from?: NetworkPolicyPeer[] | undefined;
}

/** networking.v1.NetworkPolicyPeer */
export interface NetworkPolicyPeer {
  podSelector?: LabelSelector | undefined;
  namespaceSelector?: LabelSelector | undefined;
  ipBlock?: IPBlock | undefined;
}

/** networking.v1.NetworkPolicyPort */
export interface NetworkPolicyPort {
  protocol?: string | undefined;
  port?: number | string | undefined;
  endPort?: number | undefined;
}

/** networking.v1.NetworkPolicySpec */
export interface NetworkPolicySpec {
  podSelector?: LabelSelector | undefined;
  ingress?: NetworkPolicyIngressRule[] | undefined;
  egress?: NetworkPolicyEgressRule[] | undefined;
  policyTypes?: string[] | undefined;
}

/** core.v1.Node */
export interface Node {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: NodeSpec | undefined;
  status?: NodeStatus | undefined;
}

/** core.v1.NodeAddress */
export interface NodeAddress {
  type?: string | undefined;
  address?: string | undefined;
}

/** core.v1.NodeAffinity */
export interface NodeAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector | undefined;
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[] | undefined;
}

/** core.v1.NodeAllocatableMappedResources */
export interface NodeAllocatableMappedResources {
  name?: string | undefined;
  quantity?: string | undefined;
}

/** core.v1.NodeAllocatableOverheadResources */
export interface NodeAllocatableOverheadResources {
  name?: string | undefined;
  perPod?: string | undefined;
  perContainer?: string | undefined;
}

/** core.v1.NodeAllocatableResourceClaimStatus */
export interface NodeAllocatableResourceClaimStatus {
  resourceClaimName?: string | undefined;
  containers?: string[] | undefined;
  mapping?: NodeAllocatableMappedResources[] | undefined;
  overhead?: NodeAllocatableOverheadResources[] | undefined;
}

/** core.v1.NodeCondition */
export interface NodeCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastHeartbeatTime?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** core.v1.NodeConfigSource */
export interface NodeConfigSource {
  configMap?: ConfigMapNodeConfigSource | undefined;
}

/** core.v1.NodeConfigStatus */
export interface NodeConfigStatus {
  assigned?: NodeConfigSource | undefined;
  active?: NodeConfigSource | undefined;
  lastKnownGood?: NodeConfigSource | undefined;
  error?: string | undefined;
}

/** core.v1.NodeDaemonEndpoints */
export interface NodeDaemonEndpoints {
  kubeletEndpoint?: DaemonEndpoint | undefined;
}

/** core.v1.NodeFeatures */
export interface NodeFeatures {
  supplementalGroupsPolicy?: boolean | undefined;
}

/** core.v1.NodePodPreemptionPolicy */
export interface NodePodPreemptionPolicy {
  disableResizePreemption?: string[] | undefined;
}

/** core.v1.NodeRuntimeHandler */
export interface NodeRuntimeHandler {
  name?: string | undefined;
  features?: NodeRuntimeHandlerFeatures | undefined;
}

/** core.v1.NodeRuntimeHandlerFeatures */
export interface NodeRuntimeHandlerFeatures {
  recursiveReadOnlyMounts?: boolean | undefined;
  userNamespaces?: boolean | undefined;
}

/** core.v1.NodeSelector */
export interface NodeSelector {
  nodeSelectorTerms?: NodeSelectorTerm[] | undefined;
}

/** core.v1.NodeSelectorRequirement */
export interface NodeSelectorRequirement {
  key?: string | undefined;
  operator?: string | undefined;
  values?: string[] | undefined;
}

/** core.v1.NodeSelectorTerm */
export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[] | undefined;
  matchFields?: NodeSelectorRequirement[] | undefined;
}

/** core.v1.NodeSpec */
export interface NodeSpec {
  podCIDR?: string | undefined;
  podCIDRs?: string[] | undefined;
  providerID?: string | undefined;
  unschedulable?: boolean | undefined;
  taints?: Taint[] | undefined;
  configSource?: NodeConfigSource | undefined;
  externalID?: string | undefined;
  podPreemptionPolicy?: NodePodPreemptionPolicy | undefined;
}

/** core.v1.NodeStatus */
export interface NodeStatus {
  capacity?: Record<string, string> | undefined;
  allocatable?: Record<string, string> | undefined;
  phase?: string | undefined;
  conditions?: NodeCondition[] | undefined;
  addresses?: NodeAddress[] | undefined;
  daemonEndpoints?: NodeDaemonEndpoints | undefined;
  nodeInfo?: NodeSystemInfo | undefined;
  images?: ContainerImage[] | undefined;
  volumesInUse?: string[] | undefined;
  volumesAttached?: AttachedVolume[] | undefined;
  config?: NodeConfigStatus | undefined;
  runtimeHandlers?: NodeRuntimeHandler[] | undefined;
  features?: NodeFeatures | undefined;
  declaredFeatures?: string[] | undefined;
}

/** core.v1.NodeSwapStatus */
export interface NodeSwapStatus {
  capacity?: number | undefined;
}

/** core.v1.NodeSystemInfo */
export interface NodeSystemInfo {
  machineID?: string | undefined;
  systemUUID?: string | undefined;
  bootID?: string | undefined;
  kernelVersion?: string | undefined;
  osImage?: string | undefined;
  containerRuntimeVersion?: string | undefined;
  kubeletVersion?: string | undefined;
  kubeProxyVersion?: string | undefined;
  operatingSystem?: string | undefined;
  architecture?: string | undefined;
  swap?: NodeSwapStatus | undefined;
}

/** authorization.v1.NonResourceAttributes */
export interface NonResourceAttributes {
  path?: string | undefined;
  verb?: string | undefined;
}

/** flowcontrol.v1.NonResourcePolicyRule */
export interface NonResourcePolicyRule {
  verbs?: string[] | undefined;
  nonResourceURLs?: string[] | undefined;
}

/** authorization.v1.NonResourceRule */
export interface NonResourceRule {
  verbs?: string[] | undefined;
  nonResourceURLs?: string[] | undefined;
}

/** core.v1.ObjectFieldSelector */
export interface ObjectFieldSelector {
  apiVersion?: string | undefined;
  fieldPath?: string | undefined;
}

/** apis.meta.v1.ObjectMeta */
export interface ObjectMeta {
  name?: string | undefined;
  generateName?: string | undefined;
  namespace?: string | undefined;
  selfLink?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  generation?: number | undefined;
  creationTimestamp?: string | undefined;
  deletionTimestamp?: string | undefined;
  deletionGracePeriodSeconds?: number | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  ownerReferences?: OwnerReference[] | undefined;
  finalizers?: string[] | undefined;
  managedFields?: ManagedFieldsEntry[] | undefined;
}

/** autoscaling.v2.ObjectMetricSource */
export interface ObjectMetricSource {
  describedObject?: CrossVersionObjectReference | undefined;
  target?: MetricTarget | undefined;
  metric?: MetricIdentifier | undefined;
}

/** autoscaling.v2.ObjectMetricStatus */
export interface ObjectMetricStatus {
  metric?: MetricIdentifier | undefined;
  current?: MetricValueStatus | undefined;
  describedObject?: CrossVersionObjectReference | undefined;
}

/** core.v1.ObjectReference */
export interface ObjectReference {
  kind?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
  uid?: string | undefined;
  apiVersion?: string | undefined;
  resourceVersion?: string | undefined;
  fieldPath?: string | undefined;
}

/** node.v1.Overhead */
export interface Overhead {
  podFixed?: Record<string, string> | undefined;
}

/** apis.meta.v1.OwnerReference */
export interface OwnerReference {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  uid?: string | undefined;
  controller?: boolean | undefined;
  blockOwnerDeletion?: boolean | undefined;
}

/** admissionregistration.v1.ParamKind */
export interface ParamKind {
  apiVersion?: string | undefined;
  kind?: string | undefined;
}

/** admissionregistration.v1.ParamRef */
export interface ParamRef {
  name?: string | undefined;
  namespace?: string | undefined;
  selector?: LabelSelector | undefined;
  parameterNotFoundAction?: string | undefined;
}

/** networking.v1.ParentReference */
export interface ParentReference {
  group?: string | undefined;
  resource?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
}

/** core.v1.PersistentVolume */
export interface PersistentVolume {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PersistentVolumeSpec | undefined;
  status?: PersistentVolumeStatus | undefined;
}

/** core.v1.PersistentVolumeClaim */
export interface PersistentVolumeClaim {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PersistentVolumeClaimSpec | undefined;
  status?: PersistentVolumeClaimStatus | undefined;
}

/** core.v1.PersistentVolumeClaimCondition */
export interface PersistentVolumeClaimCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastProbeTime?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** core.v1.PersistentVolumeClaimSpec */
export interface PersistentVolumeClaimSpec {
  accessModes?: string[] | undefined;
  selector?: LabelSelector | undefined;
  resources?: VolumeResourceRequirements | undefined;
  volumeName?: string | undefined;
  storageClassName?: string | undefined;
  volumeMode?: string | undefined;
  dataSource?: TypedLocalObjectReference | undefined;
  dataSourceRef?: TypedObjectReference | undefined;
  volumeAttributesClassName?: string | undefined;
}

/** core.v1.PersistentVolumeClaimStatus */
export interface PersistentVolumeClaimStatus {
  phase?: string | undefined;
  accessModes?: string[] | undefined;
  capacity?: Record<string, string> | undefined;
  conditions?: PersistentVolumeClaimCondition[] | undefined;
  allocatedResources?: Record<string, string> | undefined;
  allocatedResourceStatuses?: Record<string, string> | undefined;
  currentVolumeAttributesClassName?: string | undefined;
  modifyVolumeStatus?: ModifyVolumeStatus | undefined;
  healthStatus?: VolumeHealthStatus | undefined;
}

/** core.v1.PersistentVolumeClaimTemplate */
export interface PersistentVolumeClaimTemplate {
  metadata?: ObjectMeta | undefined;
  spec?: PersistentVolumeClaimSpec | undefined;
}

/** core.v1.PersistentVolumeClaimVolumeSource */
export interface PersistentVolumeClaimVolumeSource {
  claimName?: string | undefined;
  readOnly?: boolean | undefined;
}

/** core.v1.PersistentVolumeSpec */
export interface PersistentVolumeSpec {
  capacity?: Record<string, string> | undefined;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource | undefined;
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource | undefined;
  hostPath?: HostPathVolumeSource | undefined;
  glusterfs?: GlusterfsPersistentVolumeSource | undefined;
  nfs?: NFSVolumeSource | undefined;
  rbd?: RBDPersistentVolumeSource | undefined;
  iscsi?: ISCSIPersistentVolumeSource | undefined;
  cinder?: CinderPersistentVolumeSource | undefined;
  cephfs?: CephFSPersistentVolumeSource | undefined;
  fc?: FCVolumeSource | undefined;
  flocker?: FlockerVolumeSource | undefined;
  flexVolume?: FlexPersistentVolumeSource | undefined;
  azureFile?: AzureFilePersistentVolumeSource | undefined;
  vsphereVolume?: VsphereVirtualDiskVolumeSource | undefined;
  quobyte?: QuobyteVolumeSource | undefined;
  azureDisk?: AzureDiskVolumeSource | undefined;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource | undefined;
  portworxVolume?: PortworxVolumeSource | undefined;
  scaleIO?: ScaleIOPersistentVolumeSource | undefined;
  local?: LocalVolumeSource | undefined;
  storageos?: StorageOSPersistentVolumeSource | undefined;
  csi?: CSIPersistentVolumeSource | undefined;
  accessModes?: string[] | undefined;
  claimRef?: ObjectReference | undefined;
  persistentVolumeReclaimPolicy?: string | undefined;
  storageClassName?: string | undefined;
  mountOptions?: string[] | undefined;
  volumeMode?: string | undefined;
  nodeAffinity?: VolumeNodeAffinity | undefined;
  volumeAttributesClassName?: string | undefined;
}

/** core.v1.PersistentVolumeStatus */
export interface PersistentVolumeStatus {
  phase?: string | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  lastPhaseTransitionTime?: string | undefined;
}

/** core.v1.PhotonPersistentDiskVolumeSource */
export interface PhotonPersistentDiskVolumeSource {
  pdID?: string | undefined;
  fsType?: string | undefined;
}

/** core.v1.Pod */
export interface Pod {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PodSpec | undefined;
  status?: PodStatus | undefined;
}

/** core.v1.PodAffinity */
export interface PodAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[] | undefined;
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[] | undefined;
}

/** core.v1.PodAffinityTerm */
export interface PodAffinityTerm {
  labelSelector?: LabelSelector | undefined;
  namespaces?: string[] | undefined;
  topologyKey?: string | undefined;
  namespaceSelector?: LabelSelector | undefined;
  matchLabelKeys?: string[] | undefined;
  mismatchLabelKeys?: string[] | undefined;
}

/** core.v1.PodAntiAffinity */
export interface PodAntiAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[] | undefined;
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[] | undefined;
}

/** core.v1.PodCertificateProjection */
export interface PodCertificateProjection {
  signerName?: string | undefined;
  keyType?: string | undefined;
  maxExpirationSeconds?: number | undefined;
  credentialBundlePath?: string | undefined;
  keyPath?: string | undefined;
  certificateChainPath?: string | undefined;
  userAnnotations?: Record<string, string> | undefined;
  user?: number | undefined;
}

/** core.v1.PodCondition */
export interface PodCondition {
  type?: string | undefined;
  observedGeneration?: number | undefined;
  status?: string | undefined;
  lastProbeTime?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** core.v1.PodDNSConfig */
export interface PodDNSConfig {
  nameservers?: string[] | undefined;
  searches?: string[] | undefined;
  options?: PodDNSConfigOption[] | undefined;
}

/** core.v1.PodDNSConfigOption */
export interface PodDNSConfigOption {
  name?: string | undefined;
  value?: string | undefined;
}

/** policy.v1.PodDisruptionBudget */
export interface PodDisruptionBudget {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PodDisruptionBudgetSpec | undefined;
  status?: PodDisruptionBudgetStatus | undefined;
}

/** policy.v1.PodDisruptionBudgetSpec */
export interface PodDisruptionBudgetSpec {
  minAvailable?: number | string | undefined;
  selector?: LabelSelector | undefined;
  maxUnavailable?: number | string | undefined;
  unhealthyPodEvictionPolicy?: string | undefined;
}

/** policy.v1.PodDisruptionBudgetStatus */
export interface PodDisruptionBudgetStatus {
  observedGeneration?: number | undefined;
  disruptedPods?: Record<string, string> | undefined;
  disruptionsAllowed?: number | undefined;
  currentHealthy?: number | undefined;
  desiredHealthy?: number | undefined;
  expectedPods?: number | undefined;
  conditions?: Condition[] | undefined;
}

/** core.v1.PodExtendedResourceClaimStatus */
export interface PodExtendedResourceClaimStatus {
  requestMappings?: ContainerExtendedResourceRequest[] | undefined;
  resourceClaimName?: string | undefined;
}

/** batch.v1.PodFailurePolicy */
export interface PodFailurePolicy {
  rules?: PodFailurePolicyRule[] | undefined;
}

/** batch.v1.PodFailurePolicyOnExitCodesRequirement */
export interface PodFailurePolicyOnExitCodesRequirement {
  containerName?: string | undefined;
  operator?: string | undefined;
  values?: number[] | undefined;
}

/** batch.v1.PodFailurePolicyOnPodConditionsPattern */
export interface PodFailurePolicyOnPodConditionsPattern {
  type?: string | undefined;
  status?: string | undefined;
}

/** batch.v1.PodFailurePolicyRule */
export interface PodFailurePolicyRule {
  action?: string | undefined;
  onExitCodes?: PodFailurePolicyOnExitCodesRequirement | undefined;
  onPodConditions?: PodFailurePolicyOnPodConditionsPattern[] | undefined;
}

/** core.v1.PodIP */
export interface PodIP {
  ip?: string | undefined;
}

/** core.v1.PodOS */
export interface PodOS {
  name?: string | undefined;
}

/** core.v1.PodReadinessGate */
export interface PodReadinessGate {
  conditionType?: string | undefined;
}

/** core.v1.PodResourceClaim */
export interface PodResourceClaim {
  name?: string | undefined;
  resourceClaimName?: string | undefined;
  resourceClaimTemplateName?: string | undefined;
}

/** core.v1.PodResourceClaimStatus */
export interface PodResourceClaimStatus {
  name?: string | undefined;
  resourceClaimName?: string | undefined;
}

/** core.v1.PodSchedulingGate */
export interface PodSchedulingGate {
  name?: string | undefined;
}

/** core.v1.PodSchedulingGroup */
export interface PodSchedulingGroup {
  podGroupName?: string | undefined;
}

/** core.v1.PodSecurityContext */
export interface PodSecurityContext {
  seLinuxOptions?: SELinuxOptions | undefined;
  windowsOptions?: WindowsSecurityContextOptions | undefined;
  runAsUser?: number | undefined;
  runAsGroup?: number | undefined;
  runAsNonRoot?: boolean | undefined;
  supplementalGroups?: number[] | undefined;
  supplementalGroupsPolicy?: string | undefined;
  fsGroup?: number | undefined;
  sysctls?: Sysctl[] | undefined;
  fsGroupChangePolicy?: string | undefined;
  seccompProfile?: SeccompProfile | undefined;
  appArmorProfile?: AppArmorProfile | undefined;
  seLinuxChangePolicy?: string | undefined;
}

/** core.v1.PodSpec */
export interface PodSpec {
  volumes?: Volume[] | undefined;
  initContainers?: Container[] | undefined;
  containers?: Container[] | undefined;
  ephemeralContainers?: EphemeralContainer[] | undefined;
  restartPolicy?: string | undefined;
  terminationGracePeriodSeconds?: number | undefined;
  activeDeadlineSeconds?: number | undefined;
  dnsPolicy?: string | undefined;
  nodeSelector?: Record<string, string> | undefined;
  serviceAccountName?: string | undefined;
  serviceAccount?: string | undefined;
  automountServiceAccountToken?: boolean | undefined;
  nodeName?: string | undefined;
  hostNetwork?: boolean | undefined;
  hostPID?: boolean | undefined;
  hostIPC?: boolean | undefined;
  shareProcessNamespace?: boolean | undefined;
  securityContext?: PodSecurityContext | undefined;
  imagePullSecrets?: LocalObjectReference[] | undefined;
  hostname?: string | undefined;
  subdomain?: string | undefined;
  affinity?: Affinity | undefined;
  schedulerName?: string | undefined;
  tolerations?: Toleration[] | undefined;
  hostAliases?: HostAlias[] | undefined;
  priorityClassName?: string | undefined;
  priority?: number | undefined;
  dnsConfig?: PodDNSConfig | undefined;
  readinessGates?: PodReadinessGate[] | undefined;
  runtimeClassName?: string | undefined;
  enableServiceLinks?: boolean | undefined;
  preemptionPolicy?: string | undefined;
  overhead?: Record<string, string> | undefined;
  topologySpreadConstraints?: TopologySpreadConstraint[] | undefined;
  setHostnameAsFQDN?: boolean | undefined;
  os?: PodOS | undefined;
  hostUsers?: boolean | undefined;
  schedulingGates?: PodSchedulingGate[] | undefined;
  resourceClaims?: PodResourceClaim[] | undefined;
  resources?: ResourceRequirements | undefined;
  hostnameOverride?: string | undefined;
  schedulingGroup?: PodSchedulingGroup | undefined;
  evictionResponders?: EvictionResponder[] | undefined;
}

/** core.v1.PodStatus */
export interface PodStatus {
  observedGeneration?: number | undefined;
  phase?: string | undefined;
  conditions?: PodCondition[] | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  nominatedNodeName?: string | undefined;
  hostIP?: string | undefined;
  hostIPs?: HostIP[] | undefined;
  podIP?: string | undefined;
  podIPs?: PodIP[] | undefined;
  startTime?: string | undefined;
  initContainerStatuses?: ContainerStatus[] | undefined;
  containerStatuses?: ContainerStatus[] | undefined;
  qosClass?: string | undefined;
  ephemeralContainerStatuses?: ContainerStatus[] | undefined;
  resize?: string | undefined;
  resourceClaimStatuses?: PodResourceClaimStatus[] | undefined;
  extendedResourceClaimStatus?: PodExtendedResourceClaimStatus | undefined;
  allocatedResources?: Record<string, string> | undefined;
  resources?: ResourceRequirements | undefined;
  nodeAllocatableResourceClaimStatuses?: NodeAllocatableResourceClaimStatus[] | undefined;
  volumeHealth?: PodVolumeHealth[] | undefined;
}

/** core.v1.PodTemplate */
export interface PodTemplate {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  template?: PodTemplateSpec | undefined;
}

/** core.v1.PodTemplateSpec */
export interface PodTemplateSpec {
  metadata?: ObjectMeta | undefined;
  spec?: PodSpec | undefined;
}

/** core.v1.PodVolumeHealth */
export interface PodVolumeHealth {
  name?: string | undefined;
  healthConditions?: VolumeHealthCondition[] | undefined;
  lastTransitionTime?: string | undefined;
}

/** autoscaling.v2.PodsMetricSource */
export interface PodsMetricSource {
  metric?: MetricIdentifier | undefined;
  target?: MetricTarget | undefined;
}

/** autoscaling.v2.PodsMetricStatus */
export interface PodsMetricStatus {
  metric?: MetricIdentifier | undefined;
  current?: MetricValueStatus | undefined;
}

/** rbac.v1.PolicyRule */
export interface PolicyRule {
  verbs?: string[] | undefined;
  apiGroups?: string[] | undefined;
  resources?: string[] | undefined;
  resourceNames?: string[] | undefined;
  nonResourceURLs?: string[] | undefined;
}

/** flowcontrol.v1.PolicyRulesWithSubjects */
export interface PolicyRulesWithSubjects {
  subjects?: FlowcontrolSubject[] | undefined;
  resourceRules?: ResourcePolicyRule[] | undefined;
  nonResourceRules?: NonResourcePolicyRule[] | undefined;
}

/** core.v1.PortStatus */
export interface PortStatus {
  port?: number | undefined;
  protocol?: string | undefined;
  error?: string | undefined;
}

/** core.v1.PortworxVolumeSource */
export interface PortworxVolumeSource {
  volumeID?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
}

/** apis.meta.v1.Preconditions */
export interface Preconditions {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

/** core.v1.PreferredSchedulingTerm */
export interface PreferredSchedulingTerm {
  weight?: number | undefined;
  preference?: NodeSelectorTerm | undefined;
}

/** scheduling.v1.PriorityClass */
export interface PriorityClass {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  value?: number | undefined;
  globalDefault?: boolean | undefined;
  description?: string | undefined;
  preemptionPolicy?: string | undefined;
}

/** flowcontrol.v1.PriorityLevelConfiguration */
export interface PriorityLevelConfiguration {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PriorityLevelConfigurationSpec | undefined;
  status?: PriorityLevelConfigurationStatus | undefined;
}

/** flowcontrol.v1.PriorityLevelConfigurationCondition */
export interface PriorityLevelConfigurationCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** flowcontrol.v1.PriorityLevelConfigurationReference */
export interface PriorityLevelConfigurationReference {
  name?: string | undefined;
}

/** flowcontrol.v1.PriorityLevelConfigurationSpec */
export interface PriorityLevelConfigurationSpec {
  type?: string | undefined;
  limited?: LimitedPriorityLevelConfiguration | undefined;
  exempt?: ExemptPriorityLevelConfiguration | undefined;
}

/** flowcontrol.v1.PriorityLevelConfigurationStatus */
export interface PriorityLevelConfigurationStatus {
  conditions?: PriorityLevelConfigurationCondition[] | undefined;
}

/** core.v1.Probe */
export interface Probe {
  exec?: ExecAction | undefined;
  httpGet?: HTTPGetAction | undefined;
  tcpSocket?: TCPSocketAction | undefined;
  grpc?: GRPCAction | undefined;
  initialDelaySeconds?: number | undefined;
  timeoutSeconds?: number | undefined;
  periodSeconds?: number | undefined;
  successThreshold?: number | undefined;
  failureThreshold?: number | undefined;
  terminationGracePeriodSeconds?: number | undefined;
}

/** core.v1.ProjectedVolumeSource */
export interface ProjectedVolumeSource {
  sources?: VolumeProjection[] | undefined;
  defaultMode?: number | undefined;
  defaultUser?: number | undefined;
}

/** flowcontrol.v1.QueuingConfiguration */
export interface QueuingConfiguration {
  queues?: number | undefined;
  handSize?: number | undefined;
  queueLengthLimit?: number | undefined;
}

/** core.v1.QuobyteVolumeSource */
export interface QuobyteVolumeSource {
  registry?: string | undefined;
  volume?: string | undefined;
  readOnly?: boolean | undefined;
  user?: string | undefined;
  group?: string | undefined;
  tenant?: string | undefined;
}

/** core.v1.RBDPersistentVolumeSource */
export interface RBDPersistentVolumeSource {
  monitors?: string[] | undefined;
  image?: string | undefined;
  fsType?: string | undefined;
  pool?: string | undefined;
  user?: string | undefined;
  keyring?: string | undefined;
  secretRef?: SecretReference | undefined;
  readOnly?: boolean | undefined;
}

/** core.v1.RBDVolumeSource */
export interface RBDVolumeSource {
  monitors?: string[] | undefined;
  image?: string | undefined;
  fsType?: string | undefined;
  pool?: string | undefined;
  user?: string | undefined;
  keyring?: string | undefined;
  secretRef?: LocalObjectReference | undefined;
  readOnly?: boolean | undefined;
}

/** apps.v1.ReplicaSet */
export interface ReplicaSet {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ReplicaSetSpec | undefined;
  status?: ReplicaSetStatus | undefined;
}

/** apps.v1.ReplicaSetCondition */
export interface ReplicaSetCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** apps.v1.ReplicaSetSpec */
export interface ReplicaSetSpec {
  replicas?: number | undefined;
  minReadySeconds?: number | undefined;
  selector?: LabelSelector | undefined;
  template?: PodTemplateSpec | undefined;
}

/** apps.v1.ReplicaSetStatus */
export interface ReplicaSetStatus {
  replicas?: number | undefined;
  fullyLabeledReplicas?: number | undefined;
  readyReplicas?: number | undefined;
  availableReplicas?: number | undefined;
  terminatingReplicas?: number | undefined;
  observedGeneration?: number | undefined;
  conditions?: ReplicaSetCondition[] | undefined;
}

/** core.v1.ReplicationController */
export interface ReplicationController {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ReplicationControllerSpec | undefined;
  status?: ReplicationControllerStatus | undefined;
}

/** core.v1.ReplicationControllerCondition */
export interface ReplicationControllerCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** core.v1.ReplicationControllerSpec */
export interface ReplicationControllerSpec {
  replicas?: number | undefined;
  minReadySeconds?: number | undefined;
  selector?: Record<string, string> | undefined;
  template?: PodTemplateSpec | undefined;
}

/** core.v1.ReplicationControllerStatus */
export interface ReplicationControllerStatus {
  replicas?: number | undefined;
  fullyLabeledReplicas?: number | undefined;
  readyReplicas?: number | undefined;
  availableReplicas?: number | undefined;
  observedGeneration?: number | undefined;
  conditions?: ReplicationControllerCondition[] | undefined;
}

/** authorization.v1.ResourceAttributes */
export interface ResourceAttributes {
  namespace?: string | undefined;
  verb?: string | undefined;
  group?: string | undefined;
  version?: string | undefined;
  resource?: string | undefined;
  subresource?: string | undefined;
  name?: string | undefined;
  fieldSelector?: FieldSelectorAttributes | undefined;
  labelSelector?: LabelSelectorAttributes | undefined;
}

/** core.v1.ResourceClaim */
export interface ResourceClaim {
  name?: string | undefined;
  request?: string | undefined;
}

/** core.v1.ResourceFieldSelector */
export interface ResourceFieldSelector {
  containerName?: string | undefined;
  resource?: string | undefined;
  divisor?: string | undefined;
}

/** core.v1.ResourceHealth */
export interface ResourceHealth {
  resourceID?: string | undefined;
  health?: string | undefined;
  message?: string | undefined;
}

/** autoscaling.v2.ResourceMetricSource */
export interface ResourceMetricSource {
  name?: string | undefined;
  target?: MetricTarget | undefined;
}

/** autoscaling.v2.ResourceMetricStatus */
export interface ResourceMetricStatus {
  name?: string | undefined;
  current?: MetricValueStatus | undefined;
}

/** flowcontrol.v1.ResourcePolicyRule */
export interface ResourcePolicyRule {
  verbs?: string[] | undefined;
  apiGroups?: string[] | undefined;
  resources?: string[] | undefined;
  clusterScope?: boolean | undefined;
  namespaces?: string[] | undefined;
}

/** core.v1.ResourceQuota */
export interface ResourceQuota {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ResourceQuotaSpec | undefined;
  status?: ResourceQuotaStatus | undefined;
}

/** core.v1.ResourceQuotaSpec */
export interface ResourceQuotaSpec {
  hard?: Record<string, string> | undefined;
  scopes?: string[] | undefined;
  scopeSelector?: ScopeSelector | undefined;
}

/** core.v1.ResourceQuotaStatus */
export interface ResourceQuotaStatus {
  hard?: Record<string, string> | undefined;
  used?: Record<string, string> | undefined;
}

/** core.v1.ResourceRequirements */
export interface ResourceRequirements {
  limits?: Record<string, string> | undefined;
  requests?: Record<string, string> | undefined;
  claims?: ResourceClaim[] | undefined;
}

/** authorization.v1.ResourceRule */
export interface ResourceRule {
  verbs?: string[] | undefined;
  apiGroups?: string[] | undefined;
  resources?: string[] | undefined;
  resourceNames?: string[] | undefined;
}

/** core.v1.ResourceStatus */
export interface ResourceStatus {
  name?: string | undefined;
  resources?: ResourceHealth[] | undefined;
}

/** rbac.v1.Role */
export interface Role {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  rules?: PolicyRule[] | undefined;
}

/** rbac.v1.RoleBinding */
export interface RoleBinding {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  subjects?: Subject[] | undefined;
  roleRef?: RoleRef | undefined;
}

/** rbac.v1.RoleRef */
export interface RoleRef {
  apiGroup?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
}

/** apps.v1.RollingUpdateDaemonSet */
export interface RollingUpdateDaemonSet {
  maxUnavailable?: number | string | undefined;
  maxSurge?: number | string | undefined;
}

/** apps.v1.RollingUpdateDeployment */
export interface RollingUpdateDeployment {
  maxUnavailable?: number | string | undefined;
  maxSurge?: number | string | undefined;
}

/** apps.v1.RollingUpdateStatefulSetStrategy */
export interface RollingUpdateStatefulSetStrategy {
  partition?: number | undefined;
  maxUnavailable?: number | string | undefined;
}

/** admissionregistration.v1.RuleWithOperations */
export interface RuleWithOperations {
  operations?: string[] | undefined;
  apiGroups?: string[] | undefined;
  apiVersions?: string[] | undefined;
  resources?: string[] | undefined;
  scope?: string | undefined;
}

/** node.v1.RuntimeClass */
export interface RuntimeClass {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  handler?: string | undefined;
  overhead?: Overhead | undefined;
  scheduling?: Scheduling | undefined;
}

/** core.v1.SELinuxOptions */
export interface SELinuxOptions {
  user?: string | undefined;
  role?: string | undefined;
  type?: string | undefined;
  level?: string | undefined;
}

/** autoscaling.v1.Scale */
export interface Scale {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ScaleSpec | undefined;
  status?: ScaleStatus | undefined;
}

/** core.v1.ScaleIOPersistentVolumeSource */
export interface ScaleIOPersistentVolumeSource {
  gateway?: string | undefined;
  system?: string | undefined;
  secretRef?: SecretReference | undefined;
  sslEnabled?: boolean | undefined;
  protectionDomain?: string | undefined;
  storagePool?: string | undefined;
  storageMode?: string | undefined;
  volumeName?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
}

/** core.v1.ScaleIOVolumeSource */
export interface ScaleIOVolumeSource {
  gateway?: string | undefined;
  system?: string | undefined;
  secretRef?: LocalObjectReference | undefined;
  sslEnabled?: boolean | undefined;
  protectionDomain?: string | undefined;
  storagePool?: string | undefined;
  storageMode?: string | undefined;
  volumeName?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
}

/** autoscaling.v1.ScaleSpec */
export interface ScaleSpec {
  replicas?: number | undefined;
}

/** autoscaling.v1.ScaleStatus */
export interface ScaleStatus {
  replicas?: number | undefined;
  selector?: string | undefined;
}

/** node.v1.Scheduling */
export interface Scheduling {
  nodeSelector?: Record<string, string> | undefined;
  tolerations?: Toleration[] | undefined;
}

/** core.v1.ScopeSelector */
export interface ScopeSelector {
  matchExpressions?: ScopedResourceSelectorRequirement[] | undefined;
}

/** core.v1.ScopedResourceSelectorRequirement */
export interface ScopedResourceSelectorRequirement {
  scopeName?: string | undefined;
  operator?: string | undefined;
  values?: string[] | undefined;
}

/** core.v1.SeccompProfile */
export interface SeccompProfile {
  type?: string | undefined;
  localhostProfile?: string | undefined;
}

/** core.v1.Secret */
export interface Secret {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  immutable?: boolean | undefined;
  data?: Record<string, string> | undefined;
  stringData?: Record<string, string> | undefined;
  type?: string | undefined;
}

/** core.v1.SecretEnvSource */
export interface SecretEnvSource {
  name?: string | undefined;
  optional?: boolean | undefined;
}

/** core.v1.SecretKeySelector */
export interface SecretKeySelector {
  name?: string | undefined;
  key?: string | undefined;
  optional?: boolean | undefined;
}

/** core.v1.SecretProjection */
export interface SecretProjection {
  name?: string | undefined;
  items?: KeyToPath[] | undefined;
  optional?: boolean | undefined;
}

/** core.v1.SecretReference */
export interface SecretReference {
  name?: string | undefined;
  namespace?: string | undefined;
}

/** core.v1.SecretVolumeSource */
export interface SecretVolumeSource {
  secretName?: string | undefined;
  items?: KeyToPath[] | undefined;
  defaultMode?: number | undefined;
  optional?: boolean | undefined;
  defaultUser?: number | undefined;
}

/** core.v1.SecurityContext */
export interface SecurityContext {
  capabilities?: Capabilities | undefined;
  privileged?: boolean | undefined;
  seLinuxOptions?: SELinuxOptions | undefined;
  windowsOptions?: WindowsSecurityContextOptions | undefined;
  runAsUser?: number | undefined;
  runAsGroup?: number | undefined;
  runAsNonRoot?: boolean | undefined;
  readOnlyRootFilesystem?: boolean | undefined;
  allowPrivilegeEscalation?: boolean | undefined;
  procMount?: string | undefined;
  seccompProfile?: SeccompProfile | undefined;
  appArmorProfile?: AppArmorProfile | undefined;
}

/** apiextensions.v1.SelectableField */
export interface SelectableField {
  jsonPath?: string | undefined;
}

/** authorization.v1.SelfSubjectAccessReview */
export interface SelfSubjectAccessReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: SelfSubjectAccessReviewSpec | undefined;
  status?: SubjectAccessReviewStatus | undefined;
}

/** authorization.v1.SelfSubjectAccessReviewSpec */
export interface SelfSubjectAccessReviewSpec {
  resourceAttributes?: ResourceAttributes | undefined;
  nonResourceAttributes?: NonResourceAttributes | undefined;
}

/** authentication.v1.SelfSubjectReview */
export interface SelfSubjectReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  status?: SelfSubjectReviewStatus | undefined;
}

/** authentication.v1.SelfSubjectReviewStatus */
export interface SelfSubjectReviewStatus {
  userInfo?: UserInfo | undefined;
}

/** authorization.v1.SelfSubjectRulesReview */
export interface SelfSubjectRulesReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: SelfSubjectRulesReviewSpec | undefined;
  status?: SubjectRulesReviewStatus | undefined;
}

/** authorization.v1.SelfSubjectRulesReviewSpec */
export interface SelfSubjectRulesReviewSpec {
  namespace?: string | undefined;
}

/** core.v1.Service */
export interface Service {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ServiceSpec | undefined;
  status?: ServiceStatus | undefined;
}

/** core.v1.ServiceAccount */
export interface ServiceAccount {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  secrets?: ObjectReference[] | undefined;
  imagePullSecrets?: LocalObjectReference[] | undefined;
  automountServiceAccountToken?: boolean | undefined;
}

/** flowcontrol.v1.ServiceAccountSubject */
export interface ServiceAccountSubject {
  namespace?: string | undefined;
  name?: string | undefined;
}

/** core.v1.ServiceAccountTokenProjection */
export interface ServiceAccountTokenProjection {
  audience?: string | undefined;
  expirationSeconds?: number | undefined;
  path?: string | undefined;
  user?: number | undefined;
}

/** networking.v1.ServiceBackendPort */
export interface ServiceBackendPort {
  name?: string | undefined;
  number?: number | undefined;
}

/** networking.v1.ServiceCIDR */
export interface ServiceCIDR {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ServiceCIDRSpec | undefined;
  status?: ServiceCIDRStatus | undefined;
}

/** networking.v1.ServiceCIDRSpec */
export interface ServiceCIDRSpec {
  cidrs?: string[] | undefined;
}

/** networking.v1.ServiceCIDRStatus */
export interface ServiceCIDRStatus {
  conditions?: Condition[] | undefined;
}

/** core.v1.ServicePort */
export interface ServicePort {
  name?: string | undefined;
  protocol?: string | undefined;
  appProtocol?: string | undefined;
  port?: number | undefined;
  targetPort?: number | string | undefined;
  nodePort?: number | undefined;
}

/** admissionregistration.v1.ServiceReference */
export interface ServiceReference {
  namespace?: string | undefined;
  name?: string | undefined;
  path?: string | undefined;
  port?: number | undefined;
}

/** core.v1.ServiceSpec */
export interface ServiceSpec {
  ports?: ServicePort[] | undefined;
  selector?: Record<string, string> | undefined;
  clusterIP?: string | undefined;
  clusterIPs?: string[] | undefined;
  type?: string | undefined;
  externalIPs?: string[] | undefined;
  sessionAffinity?: string | undefined;
  loadBalancerIP?: string | undefined;
  loadBalancerSourceRanges?: string[] | undefined;
  externalName?: string | undefined;
  externalTrafficPolicy?: string | undefined;
  healthCheckNodePort?: number | undefined;
  publishNotReadyAddresses?: boolean | undefined;
  sessionAffinityConfig?: SessionAffinityConfig | undefined;
  ipFamilies?: string[] | undefined;
  ipFamilyPolicy?: string | undefined;
  allocateLoadBalancerNodePorts?: boolean | undefined;
  loadBalancerClass?: string | undefined;
  internalTrafficPolicy?: string | undefined;
  trafficDistribution?: string | undefined;
}

/** core.v1.ServiceStatus */
export interface ServiceStatus {
  loadBalancer?: LoadBalancerStatus | undefined;
  conditions?: Condition[] | undefined;
}

/** core.v1.SessionAffinityConfig */
export interface SessionAffinityConfig {
  clientIP?: ClientIPConfig | undefined;
}

/** apis.meta.v1.ShardInfo */
export interface ShardInfo {
  selector?: string | undefined;
}

/** core.v1.SleepAction */
export interface SleepAction {
  seconds?: number | undefined;
}

/** apps.v1.StatefulSet */
export interface StatefulSet {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: StatefulSetSpec | undefined;
  status?: StatefulSetStatus | undefined;
}

/** apps.v1.StatefulSetCondition */
export interface StatefulSetCondition {
  type?: string | undefined;
  status?: string | undefined;
  lastTransitionTime?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** apps.v1.StatefulSetOrdinals */
export interface StatefulSetOrdinals {
  start?: number | undefined;
}

/** apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy */
export interface StatefulSetPersistentVolumeClaimRetentionPolicy {
  whenDeleted?: string | undefined;
  whenScaled?: string | undefined;
}

/** apps.v1.StatefulSetSpec */
export interface StatefulSetSpec {
  replicas?: number | undefined;
  selector?: LabelSelector | undefined;
  template?: PodTemplateSpec | undefined;
  volumeClaimTemplates?: PersistentVolumeClaim[] | undefined;
  serviceName?: string | undefined;
  podManagementPolicy?: string | undefined;
  updateStrategy?: StatefulSetUpdateStrategy | undefined;
  revisionHistoryLimit?: number | undefined;
  minReadySeconds?: number | undefined;
  persistentVolumeClaimRetentionPolicy?: StatefulSetPersistentVolumeClaimRetentionPolicy | undefined;
  ordinals?: StatefulSetOrdinals | undefined;
}

/** apps.v1.StatefulSetStatus */
export interface StatefulSetStatus {
  observedGeneration?: number | undefined;
  replicas?: number | undefined;
  readyReplicas?: number | undefined;
  currentReplicas?: number | undefined;
  updatedReplicas?: number | undefined;
  currentRevision?: string | undefined;
  updateRevision?: string | undefined;
  collisionCount?: number | undefined;
  conditions?: StatefulSetCondition[] | undefined;
  availableReplicas?: number | undefined;
}

/** apps.v1.StatefulSetUpdateStrategy */
export interface StatefulSetUpdateStrategy {
  type?: string | undefined;
  rollingUpdate?: RollingUpdateStatefulSetStrategy | undefined;
}

/** apis.meta.v1.Status */
export interface Status {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
  status?: string | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  details?: StatusDetails | undefined;
  code?: number | undefined;
}

/** apis.meta.v1.StatusCause */
export interface StatusCause {
  reason?: string | undefined;
  message?: string | undefined;
  field?: string | undefined;
}

/** apis.meta.v1.StatusDetails */
export interface StatusDetails {
  name?: string | undefined;
  group?: string | undefined;
  kind?: string | undefined;
  uid?: string | undefined;
  causes?: StatusCause[] | undefined;
  retryAfterSeconds?: number | undefined;
}

/** storage.v1.StorageClass */
export interface StorageClass {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  provisioner?: string | undefined;
  parameters?: Record<string, string> | undefined;
  reclaimPolicy?: string | undefined;
  mountOptions?: string[] | undefined;
  allowVolumeExpansion?: boolean | undefined;
  volumeBindingMode?: string | undefined;
  allowedTopologies?: TopologySelectorTerm[] | undefined;
}

/** storage.v1.StorageHealth */
export interface StorageHealth {
  name?: string | undefined;
  healthConditions?: StorageHealthCondition[] | undefined;
}

/** storage.v1.StorageHealthCondition */
export interface StorageHealthCondition {
  status?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
  accessMode?: string | undefined;
  volumeMode?: string | undefined;
  lastTransitionTime?: string | undefined;
}

/** core.v1.StorageOSPersistentVolumeSource */
export interface StorageOSPersistentVolumeSource {
  volumeName?: string | undefined;
  volumeNamespace?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: ObjectReference | undefined;
}

/** core.v1.StorageOSVolumeSource */
export interface StorageOSVolumeSource {
  volumeName?: string | undefined;
  volumeNamespace?: string | undefined;
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: LocalObjectReference | undefined;
}

/** rbac.v1.Subject */
export interface Subject {
  kind?: string | undefined;
  apiGroup?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
}

/** authorization.v1.SubjectAccessReview */
export interface SubjectAccessReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: SubjectAccessReviewSpec | undefined;
  status?: SubjectAccessReviewStatus | undefined;
}

/** authorization.v1.SubjectAccessReviewSpec */
export interface SubjectAccessReviewSpec {
  resourceAttributes?: ResourceAttributes | undefined;
  nonResourceAttributes?: NonResourceAttributes | undefined;
  user?: string | undefined;
  groups?: string[] | undefined;
  extra?: Record<string, string[]> | undefined;
  uid?: string | undefined;
}

/** authorization.v1.SubjectAccessReviewStatus */
export interface SubjectAccessReviewStatus {
  allowed?: boolean | undefined;
  denied?: boolean | undefined;
  reason?: string | undefined;
  evaluationError?: string | undefined;
}

/** authorization.v1.SubjectRulesReviewStatus */
export interface SubjectRulesReviewStatus {
  resourceRules?: ResourceRule[] | undefined;
  nonResourceRules?: NonResourceRule[] | undefined;
  incomplete?: boolean | undefined;
  evaluationError?: string | undefined;
}

/** batch.v1.SuccessPolicy */
export interface SuccessPolicy {
  rules?: SuccessPolicyRule[] | undefined;
}

/** batch.v1.SuccessPolicyRule */
export interface SuccessPolicyRule {
  succeededIndexes?: string | undefined;
  succeededCount?: number | undefined;
}

/** core.v1.Sysctl */
export interface Sysctl {
  name?: string | undefined;
  value?: string | undefined;
}

/** core.v1.TCPSocketAction */
export interface TCPSocketAction {
  port?: number | string | undefined;
  host?: string | undefined;
}

/** core.v1.Taint */
export interface Taint {
  key?: string | undefined;
  value?: string | undefined;
  effect?: string | undefined;
  timeAdded?: string | undefined;
}

/** storage.v1.TokenRequest */
export interface TokenRequest {
  audience?: string | undefined;
  expirationSeconds?: number | undefined;
}

/** authentication.v1.TokenRequestSpec */
export interface TokenRequestSpec {
  audiences?: string[] | undefined;
  expirationSeconds?: number | undefined;
  boundObjectRef?: BoundObjectReference | undefined;
  attestations?: Record<string, AttestationValue> | undefined;
}

/** authentication.v1.TokenRequestStatus */
export interface TokenRequestStatus {
  token?: string | undefined;
  expirationTimestamp?: string | undefined;
}

/** authentication.v1.TokenReview */
export interface TokenReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: TokenReviewSpec | undefined;
  status?: TokenReviewStatus | undefined;
}

/** authentication.v1.TokenReviewSpec */
export interface TokenReviewSpec {
  token?: string | undefined;
  audiences?: string[] | undefined;
}

/** authentication.v1.TokenReviewStatus */
export interface TokenReviewStatus {
  authenticated?: boolean | undefined;
  user?: UserInfo | undefined;
  audiences?: string[] | undefined;
  error?: string | undefined;
}

/** core.v1.Toleration */
export interface Toleration {
  key?: string | undefined;
  operator?: string | undefined;
  value?: string | undefined;
  effect?: string | undefined;
  tolerationSeconds?: number | undefined;
}

/** scheduling.v1alpha3.TopologyConstraint */
export interface TopologyConstraint {
  key?: string | undefined;
}

/** core.v1.TopologySelectorLabelRequirement */
export interface TopologySelectorLabelRequirement {
  key?: string | undefined;
  values?: string[] | undefined;
}

/** core.v1.TopologySelectorTerm */
export interface TopologySelectorTerm {
  matchLabelExpressions?: TopologySelectorLabelRequirement[] | undefined;
}

/** core.v1.TopologySpreadConstraint */
export interface TopologySpreadConstraint {
  maxSkew?: number | undefined;
  topologyKey?: string | undefined;
  whenUnsatisfiable?: string | undefined;
  labelSelector?: LabelSelector | undefined;
  minDomains?: number | undefined;
  nodeAffinityPolicy?: string | undefined;
  nodeTaintsPolicy?: string | undefined;
  matchLabelKeys?: string[] | undefined;
}

/** admissionregistration.v1.TypeChecking */
export interface TypeChecking {
  expressionWarnings?: ExpressionWarning[] | undefined;
}

/** core.v1.TypedLocalObjectReference */
export interface TypedLocalObjectReference {
  apiGroup?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
}

/** core.v1.TypedObjectReference */
export interface TypedObjectReference {
  apiGroup?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
}

/** batch.v1.UncountedTerminatedPods */
export interface UncountedTerminatedPods {
  succeeded?: string[] | undefined;
  failed?: string[] | undefined;
}

/** authentication.v1.UserInfo */
export interface UserInfo {
  username?: string | undefined;
  uid?: string | undefined;
  groups?: string[] | undefined;
  extra?: Record<string, string[]> | undefined;
}

/** flowcontrol.v1.UserSubject */
export interface UserSubject {
  name?: string | undefined;
}

/** admissionregistration.v1.ValidatingAdmissionPolicy */
export interface ValidatingAdmissionPolicy {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ValidatingAdmissionPolicySpec | undefined;
  status?: ValidatingAdmissionPolicyStatus | undefined;
}

/** admissionregistration.v1.ValidatingAdmissionPolicyBinding */
export interface ValidatingAdmissionPolicyBinding {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ValidatingAdmissionPolicyBindingSpec | undefined;
}

/** admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec */
export interface ValidatingAdmissionPolicyBindingSpec {
  policyName?: string | undefined;
  paramRef?: ParamRef | undefined;
  matchResources?: MatchResources | undefined;
  validationActions?: string[] | undefined;
}

/** admissionregistration.v1.ValidatingAdmissionPolicySpec */
export interface ValidatingAdmissionPolicySpec {
  paramKind?: ParamKind | undefined;
  matchConstraints?: MatchResources | undefined;
  validations?: Validation[] | undefined;
  failurePolicy?: string | undefined;
  auditAnnotations?: AuditAnnotation[] | undefined;
  matchConditions?: MatchCondition[] | undefined;
  variables?: Variable[] | undefined;
}

/** admissionregistration.v1.ValidatingAdmissionPolicyStatus */
export interface ValidatingAdmissionPolicyStatus {
  observedGeneration?: number | undefined;
  typeChecking?: TypeChecking | undefined;
  conditions?: Condition[] | undefined;
}

/** admissionregistration.v1.ValidatingWebhook */
export interface ValidatingWebhook {
  name?: string | undefined;
  clientConfig?: WebhookClientConfig | undefined;
  rules?: RuleWithOperations[] | undefined;
  failurePolicy?: string | undefined;
  matchPolicy?: string | undefined;
  namespaceSelector?: LabelSelector | undefined;
  objectSelector?: LabelSelector | undefined;
  sideEffects?: string | undefined;
  timeoutSeconds?: number | undefined;
  admissionReviewVersions?: string[] | undefined;
  matchConditions?: MatchCondition[] | undefined;
}

/** admissionregistration.v1.ValidatingWebhookConfiguration */
export interface ValidatingWebhookConfiguration {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  webhooks?: ValidatingWebhook[] | undefined;
}

/** admissionregistration.v1.Validation */
export interface Validation {
  expression?: string | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  messageExpression?: string | undefined;
}

/** apiextensions.v1.ValidationRule */
export interface ValidationRule {
  rule?: string | undefined;
  message?: string | undefined;
  messageExpression?: string | undefined;
  reason?: string | undefined;
  fieldPath?: string | undefined;
  optionalOldSelf?: boolean | undefined;
}

/** admissionregistration.v1.Variable */
export interface Variable {
  name?: string | undefined;
  expression?: string | undefined;
}

/** core.v1.Volume */
export interface Volume {
  name?: string | undefined;
  hostPath?: HostPathVolumeSource | undefined;
  emptyDir?: EmptyDirVolumeSource | undefined;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource | undefined;
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource | undefined;
  gitRepo?: GitRepoVolumeSource | undefined;
  secret?: SecretVolumeSource | undefined;
  nfs?: NFSVolumeSource | undefined;
  iscsi?: ISCSIVolumeSource | undefined;
  glusterfs?: GlusterfsVolumeSource | undefined;
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource | undefined;
  rbd?: RBDVolumeSource | undefined;
  flexVolume?: FlexVolumeSource | undefined;
  cinder?: CinderVolumeSource | undefined;
  cephfs?: CephFSVolumeSource | undefined;
  flocker?: FlockerVolumeSource | undefined;
  downwardAPI?: DownwardAPIVolumeSource | undefined;
  fc?: FCVolumeSource | undefined;
  azureFile?: AzureFileVolumeSource | undefined;
  configMap?: ConfigMapVolumeSource | undefined;
  vsphereVolume?: VsphereVirtualDiskVolumeSource | undefined;
  quobyte?: QuobyteVolumeSource | undefined;
  azureDisk?: AzureDiskVolumeSource | undefined;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource | undefined;
  projected?: ProjectedVolumeSource | undefined;
  portworxVolume?: PortworxVolumeSource | undefined;
  scaleIO?: ScaleIOVolumeSource | undefined;
  storageos?: StorageOSVolumeSource | undefined;
  csi?: CSIVolumeSource | undefined;
  ephemeral?: EphemeralVolumeSource | undefined;
  image?: ImageVolumeSource | undefined;
}

/** storage.v1.VolumeAttachment */
export interface VolumeAttachment {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: VolumeAttachmentSpec | undefined;
  status?: VolumeAttachmentStatus | undefined;
}

/** storage.v1.VolumeAttachmentSource */
export interface VolumeAttachmentSource {
  persistentVolumeName?: string | undefined;
  inlineVolumeSpec?: PersistentVolumeSpec | undefined;
}

/** storage.v1.VolumeAttachmentSpec */
export interface VolumeAttachmentSpec {
  attacher?: string | undefined;
  source?: VolumeAttachmentSource | undefined;
  nodeName?: string | undefined;
}

/** storage.v1.VolumeAttachmentStatus */
export interface VolumeAttachmentStatus {
  attached?: boolean | undefined;
  attachmentMetadata?: Record<string, string> | undefined;
  attachError?: VolumeError | undefined;
  detachError?: VolumeError | undefined;
}

/** storage.v1.VolumeAttributesClass */
export interface VolumeAttributesClass {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  driverName?: string | undefined;
  parameters?: Record<string, string> | undefined;
}

/** core.v1.VolumeDevice */
export interface VolumeDevice {
  name?: string | undefined;
  devicePath?: string | undefined;
}

/** storage.v1.VolumeError */
export interface VolumeError {
  time?: string | undefined;
  message?: string | undefined;
  errorCode?: number | undefined;
}

/** core.v1.VolumeHealthCondition */
export interface VolumeHealthCondition {
  status?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
}

/** core.v1.VolumeHealthStatus */
export interface VolumeHealthStatus {
  healthConditions?: VolumeHealthCondition[] | undefined;
  lastTransitionTime?: string | undefined;
}

/** core.v1.VolumeMount */
export interface VolumeMount {
  name?: string | undefined;
  readOnly?: boolean | undefined;
  recursiveReadOnly?: string | undefined;
  mountPath?: string | undefined;
  subPath?: string | undefined;
  mountPropagation?: string | undefined;
  subPathExpr?: string | undefined;
  bindMountOptions?: string[] | undefined;
}

/** core.v1.VolumeMountStatus */
export interface VolumeMountStatus {
  name?: string | undefined;
  mountPath?: string | undefined;
  readOnly?: boolean | undefined;
  recursiveReadOnly?: string | undefined;
  volumeStatus?: VolumeStatus | undefined;
}

/** core.v1.VolumeNodeAffinity */
export interface VolumeNodeAffinity {
  required?: NodeSelector | undefined;
}

/** storage.v1.VolumeNodeResources */
export interface VolumeNodeResources {
  count?: number | undefined;
}

/** core.v1.VolumeProjection */
export interface VolumeProjection {
  secret?: SecretProjection | undefined;
  downwardAPI?: DownwardAPIProjection | undefined;
  configMap?: ConfigMapProjection | undefined;
  serviceAccountToken?: ServiceAccountTokenProjection | undefined;
  clusterTrustBundle?: ClusterTrustBundleProjection | undefined;
  podCertificate?: PodCertificateProjection | undefined;
}

/** core.v1.VolumeResourceRequirements */
export interface VolumeResourceRequirements {
  limits?: Record<string, string> | undefined;
  requests?: Record<string, string> | undefined;
}

/** core.v1.VolumeStatus */
export interface VolumeStatus {
  image?: ImageVolumeStatus | undefined;
}

/** core.v1.VsphereVirtualDiskVolumeSource */
export interface VsphereVirtualDiskVolumeSource {
  volumePath?: string | undefined;
  fsType?: string | undefined;
  storagePolicyName?: string | undefined;
  storagePolicyID?: string | undefined;
}

/** admissionregistration.v1.WebhookClientConfig */
export interface WebhookClientConfig {
  url?: string | undefined;
  service?: ServiceReference | undefined;
  caBundle?: string | undefined;
}

/** apiextensions.v1.WebhookConversion */
export interface WebhookConversion {
  clientConfig?: ApiextensionsWebhookClientConfig | undefined;
  conversionReviewVersions?: string[] | undefined;
}

/** core.v1.WeightedPodAffinityTerm */
export interface WeightedPodAffinityTerm {
  weight?: number | undefined;
  podAffinityTerm?: PodAffinityTerm | undefined;
}

/** core.v1.WindowsSecurityContextOptions */
export interface WindowsSecurityContextOptions {
  gmsaCredentialSpecName?: string | undefined;
  gmsaCredentialSpec?: string | undefined;
  runAsUserName?: string | undefined;
  hostProcess?: boolean | undefined;
}

/** scheduling.v1alpha3.WorkloadPodGroupAllDisruptionMode */
export interface WorkloadPodGroupAllDisruptionMode {

}

/** scheduling.v1alpha3.WorkloadPodGroupBasicSchedulingPolicy */
export interface WorkloadPodGroupBasicSchedulingPolicy {

}

/** scheduling.v1alpha3.WorkloadPodGroupDisruptionMode */
export interface WorkloadPodGroupDisruptionMode {
  single?: WorkloadPodGroupSingleDisruptionMode | undefined;
  all?: WorkloadPodGroupAllDisruptionMode | undefined;
}

/** scheduling.v1alpha3.WorkloadPodGroupGangSchedulingPolicy */
export interface WorkloadPodGroupGangSchedulingPolicy {
  minCount?: number | undefined;
}

/** scheduling.v1alpha3.WorkloadPodGroupResourceClaim */
export interface WorkloadPodGroupResourceClaim {
  name?: string | undefined;
  resourceClaimName?: string | undefined;
  resourceClaimTemplateName?: string | undefined;
}

/** scheduling.v1alpha3.WorkloadPodGroupSchedulingConstraints */
export interface WorkloadPodGroupSchedulingConstraints {
  topology?: TopologyConstraint[] | undefined;
}

/** scheduling.v1alpha3.WorkloadPodGroupSchedulingPolicy */
export interface WorkloadPodGroupSchedulingPolicy {
  basic?: WorkloadPodGroupBasicSchedulingPolicy | undefined;
  gang?: WorkloadPodGroupGangSchedulingPolicy | undefined;
}

/** scheduling.v1alpha3.WorkloadPodGroupSingleDisruptionMode */
export interface WorkloadPodGroupSingleDisruptionMode {

}
