package schema

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/yannh/kubeconform/pkg/resource"
	"github.com/yannh/kubeconform/pkg/validator"
)

// A bench is where objects are judged by one variant.
type bench struct {
	*variant

	once      sync.Once // sets what follows
	err       error
	engine    validator.Validator
	explainer explainer

	results sync.Map // validator.Result by hash of the object: overlays share objects
}

// check asks kubeconform, which says Valid or Invalid unless there is an
// error.
func (j *judge) check(fields map[string]any, b *bench) (validator.Result, error) {
	b.once.Do(func() { b.err = j.prepare(b) })
	if b.err != nil {
		return validator.Result{}, b.err
	}
	content, err := encode(fields)
	if err != nil {
		return validator.Result{}, err
	}
	hash := sha256.Sum256(content)
	if result, ok := b.results.Load(hash); ok {
		return result.(validator.Result), nil
	}
	result := b.engine.ValidateResource(resource.Resource{Bytes: content})
	if result.Status != validator.Valid && result.Status != validator.Invalid {
		return validator.Result{}, fmt.Errorf("kubeconform: %w", result.Err)
	}
	result.Resource = resource.Resource{} // not to be kept in memory
	b.results.Store(hash, result)
	return result, nil
}

// prepare makes kubeconform compile the schema of b, after having made sure
// that it is the embedded one. To kubeconform, a schema that does not compile
// is one that does not exist; here both are errors.
func (j *judge) prepare(b *bench) error {
	dir, err := j.unpack()
	if err != nil {
		return err
	}
	if err := verify(dir, b.files); err != nil {
		return err
	}
	if b.engine, err = j.engineOf(dir, b.version()); err != nil {
		return err
	}
	b.explainer.file = filepath.Join(dir, b.files[0])
	empty := fmt.Appendf(nil, `{"apiVersion":%q,"kind":%q}`, b.apiVersion, b.kind)
	if result := b.engine.ValidateResource(resource.Resource{Bytes: empty}); result.Status == validator.Error {
		return fmt.Errorf("kubeconform cannot use %s: %w", b.explainer.file, result.Err)
	}
	return nil
}

// engineOf returns the kubeconform of a version, which reads files in dir and
// nothing else. It keeps the schemas that it has compiled.
func (j *judge) engineOf(dir, version string) (validator.Validator, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if engine := j.engines[version]; engine != nil {
		return engine, nil
	}
	engine, err := validator.New(
		[]string{filepath.Join(dir, location)},
		validator.Opts{KubernetesVersion: version, Strict: true},
	)
	if err != nil {
		return nil, fmt.Errorf("kubeconform: %w", err)
	}
	j.engines[version] = engine
	return engine, nil
}
