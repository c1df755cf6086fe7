package native

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/api/job"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/discovery"
	"k8s.io/kubernetes/pkg/features"
)

func prepareReplicaSet(s *apps.ReplicaSet) {
	s.Status = apps.ReplicaSetStatus{}
	s.Generation = 1
	pod.DropDisabledTemplateFields(&s.Spec.Template, nil)
}

func validateReplicaSet(s *apps.ReplicaSet) field.ErrorList {
	return appsvalidation.ValidateReplicaSet(s, pod.GetValidationOptionsFromPodTemplate(&s.Spec.Template, nil))
}

// jobStrategy restates jobStrategy, which asks the generated validation for an
// option.
func jobStrategy() restated[*batch.Job] {
	s := namespaced(prepareJob, validateJob).warning(warnJob).updating(prepareJobUpdate, validateJobUpdate)
	gate := features.WorkloadWithJob
	s.options = map[string]bool{string(gate): utilfeature.DefaultFeatureGate.Enabled(gate)}
	return s
}

func prepareJob(j *batch.Job) {
	if !*j.Spec.ManualSelector {
		generateSelector(j)
	}
	j.Status = batch.JobStatus{}
	j.Generation = 1
	job.DropDisabledFields(&j.Spec, nil)
	pod.DropDisabledTemplateFields(&j.Spec.Template, nil)
}

// generateSelector labels the Pods of a Job and selects them by the Job's uid.
// A label that was written by hand stays, and validation rejects it.
func generateSelector(j *batch.Job) {
	labels := &j.Spec.Template.Labels
	setIfAbsent(labels, batch.LegacyJobNameLabel, j.Name)
	setIfAbsent(labels, batch.JobNameLabel, j.Name)
	setIfAbsent(labels, batch.LegacyControllerUidLabel, string(j.UID))
	setIfAbsent(labels, batch.ControllerUidLabel, string(j.UID))
	if j.Spec.Selector == nil {
		j.Spec.Selector = &metav1.LabelSelector{}
	}
	setIfAbsent(&j.Spec.Selector.MatchLabels, batch.ControllerUidLabel, string(j.UID))
}

func setIfAbsent(labels *map[string]string, key, value string) {
	if *labels == nil {
		*labels = map[string]string{}
	}
	if _, found := (*labels)[key]; !found {
		(*labels)[key] = value
	}
}

func validateJob(j *batch.Job) field.ErrorList {
	return batchvalidation.ValidateJobCreate(j, batchvalidation.JobValidationOptions{
		PodValidationOptions:  pod.GetValidationOptionsFromPodTemplate(&j.Spec.Template, nil),
		RequirePrefixedLabels: true,
	})
}

// prepareEndpointSlice drops a field that v1 does not let clients write.
func prepareEndpointSlice(s *discovery.EndpointSlice) {
	s.Generation = 1
	for i := range s.Endpoints {
		s.Endpoints[i].DeprecatedTopology = nil
	}
}
