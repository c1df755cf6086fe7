package apiserver

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/openapi"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// A declarer declares the types of the API to CEL. It leaves out fields whose
// names no expression says: a Pod has a thousand.
type declarer struct{ names map[string]bool }

// declare is the CEL type of a Go type of Kubernetes' API: the one that
// common.SchemaDeclType makes of the OpenAPI that Kubernetes generates from the
// same Go type. Where a type contains itself, within holds what it is in, and
// it is an object without fields there, as it is to the server. The result is
// nil for what has no type in OpenAPI.
//
// The one difference is meant: to the server, a quantity has no type, so that
// it knows no field requests of resources.
func (d declarer) declare(t reflect.Type, within ...reflect.Type) *apiservercel.DeclType {
	if t.Kind() == reflect.Pointer {
		return d.declare(t.Elem(), within...)
	}
	if special, ok := reflect.Zero(t).Interface().(schemaWriter); ok {
		return declareSpecial(special)
	}
	switch t.Kind() {
	case reflect.Bool:
		return apiservercel.BoolType
	case reflect.String:
		return apiservercel.StringType
	case reflect.Float32, reflect.Float64:
		return apiservercel.DoubleType
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return apiservercel.BytesType
		}
		if item := d.declare(t.Elem(), within...); item != nil {
			return apiservercel.NewListType(item, -1)
		}
	case reflect.Map:
		if value := d.declare(t.Elem(), within...); value != nil {
			return apiservercel.NewMapType(apiservercel.StringType, value, -1)
		}
	case reflect.Struct:
		fields := map[string]*apiservercel.DeclField{}
		if !slices.Contains(within, t) {
			d.declareFields(fields, t, append(slices.Clip(within), t))
		}
		return apiservercel.NewObjectType("object", fields)
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint32:
		return apiservercel.IntType
	}
	return nil
}

// declareFields adds the fields of a struct, and of those inlined in it.
func (d declarer) declareFields(fields map[string]*apiservercel.DeclField, t reflect.Type, within []reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if strings.Contains(options, "inline") || f.Anonymous && name == "" {
			d.declareFields(fields, f.Type, within)
			continue
		}
		escaped, ok := apiservercel.Escape(name)
		if !ok || !d.names[name] && !d.names[escaped] || name == "-" {
			continue
		}
		if value := d.declare(f.Type, within...); value != nil {
			fields[escaped] = apiservercel.NewDeclField(escaped, value, false, nil, nil)
		}
	}
}

// A schemaWriter is a type that is written as JSON in its own way, and says how.
type schemaWriter interface {
	OpenAPISchemaType() []string
	OpenAPISchemaFormat() string
}

func declareSpecial(s schemaWriter) *apiservercel.DeclType {
	kinds := s.OpenAPISchemaType()
	switch {
	case s.OpenAPISchemaFormat() == "int-or-string":
		return apiservercel.DynType
	case s.OpenAPISchemaFormat() == "date-time":
		return apiservercel.TimestampType
	case slices.Equal(kinds, []string{"string"}):
		return apiservercel.StringType
	case slices.Equal(kinds, []string{"object"}):
		return apiservercel.NewObjectType("object", map[string]*apiservercel.DeclField{})
	}
	return nil
}

// declareCustom is the CEL type of a custom resource with this openAPIV3Schema,
// nil if that is no schema.
func (d declarer) declareCustom(openAPIV3Schema []byte) *apiservercel.DeclType {
	var schema spec.Schema
	if err := json.Unmarshal(openAPIV3Schema, &schema); err != nil {
		return nil
	}
	declared := common.SchemaDeclType(&openapi.Schema{Schema: &schema}, true)
	if declared != nil && declared.IsObject() {
		declared.Fields["metadata"] = apiservercel.NewDeclField("metadata", d.declare(reflect.TypeFor[metav1.ObjectMeta]()), true, nil, nil)
	}
	return declared
}
