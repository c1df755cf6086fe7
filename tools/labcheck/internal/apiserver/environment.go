package apiserver

import (
	"fmt"
	"sync"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/version"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

// The environments that policies are evaluated in, without and with
// parameters. Each is built when the first policy needs it.
var (
	withoutParams = sync.OnceValues(func() (*environment.EnvSet, error) { return newEnvironment(apiservercel.DynType, nil) })
	withParams    = sync.OnceValues(func() (*environment.EnvSet, error) { return newEnvironment(apiservercel.DynType, apiservercel.DynType) })
)

// newEnvironment is the API server's CEL environment for policies: its
// libraries, language options and cost limits, and the variables a policy may
// read, with the types of the object and of the parameters. params is nil for a
// policy without any.
func newEnvironment(object, params *apiservercel.DeclType) (*environment.EnvSet, error) {
	request, namespace := plugincel.BuildRequestType(), plugincel.BuildNamespaceType()
	options := environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0), // always present
		EnvOptions: []cel.EnvOption{
			cel.Variable(plugincel.ObjectVarName, object.CelType()),
			cel.Variable(plugincel.OldObjectVarName, object.CelType()),
			cel.Variable(plugincel.NamespaceVarName, namespace.CelType()),
			cel.Variable(plugincel.RequestVarName, request.CelType()),
			cel.Variable(plugincel.AuthorizerVarName, library.AuthorizerType),
			cel.Variable(plugincel.RequestResourceAuthorizerVarName, library.ResourceCheckType),
		},
		DeclTypes: []*apiservercel.DeclType{namespace, request, object},
	}
	if params != nil {
		options.EnvOptions = append(options.EnvOptions, cel.Variable(plugincel.ParamsVarName, params.CelType()))
		options.DeclTypes = append(options.DeclTypes, params)
	}
	set, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).Extend(options, environment.StrictCostOpt)
	if err != nil {
		return nil, fmt.Errorf("build the CEL environment: %w", err)
	}
	return set, nil
}
