// What an API server says of CustomResourceDefinitions and of objects of their kinds, asked of Kubernetes' own code. Reads one
// JSON document a line, {"id": …, "definition": …} or {"id": …, "object": …}, definitions before their objects, and answers
// one a line, in the same order: {"id": …, "faults": […]}, where an empty list means accepted.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	definitions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	limits "k8s.io/apiserver/pkg/apis/cel"
)

type question struct {
	ID         string          `json:"id"`
	Definition json.RawMessage `json:"definition"`
	Object     json.RawMessage `json:"object"`
}

type answer struct {
	ID     string   `json:"id"`
	Faults []string `json:"faults"`
}

// One version of a kind, ready to judge its objects.
type served struct {
	form       validation.SchemaValidator
	structural *structural.Structural
	rules      *cel.Validator
}

func main() {
	kinds := map[schema.GroupVersionKind]served{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 64<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fail(err)
		}
		told := answer{ID: asked.ID}
		if asked.Definition != nil {
			told.Faults = define(asked.Definition, kinds)
		} else {
			told.Faults = judge(asked.Object, kinds)
		}
		if told.Faults == nil {
			told.Faults = []string{}
		}
		if err := answers.Encode(told); err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

// As when it is created: defaults, then every check, the cost of its rules among them.
func define(text []byte, kinds map[schema.GroupVersionKind]served) []string {
	written := v1.CustomResourceDefinition{}
	if err := json.Unmarshal(text, &written); err != nil {
		return []string{err.Error()}
	}
	v1.SetDefaults_CustomResourceDefinition(&written)
	v1.SetDefaults_CustomResourceDefinitionSpec(&written.Spec)
	definition := apiextensions.CustomResourceDefinition{}
	if err := v1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&written, &definition, nil); err != nil {
		return []string{err.Error()}
	}
	for _, version := range definition.Spec.Versions {
		if version.Storage {
			definition.Status.StoredVersions = []string{version.Name}
		}
	}
	if faults := texts(definitions.ValidateCustomResourceDefinition(context.Background(), &definition)); faults != nil {
		return faults
	}
	for _, version := range definition.Spec.Versions {
		// Versions of one schema share it.
		form := definition.Spec.Validation
		if version.Schema != nil {
			form = version.Schema
		}
		validator, _, err := validation.NewSchemaValidator(form.OpenAPIV3Schema)
		if err != nil {
			return []string{err.Error()}
		}
		shape, err := structural.NewStructural(form.OpenAPIV3Schema)
		if err != nil {
			return []string{err.Error()}
		}
		kind := schema.GroupVersionKind{Group: definition.Spec.Group, Version: version.Name, Kind: definition.Spec.Names.Kind}
		kinds[kind] = served{validator, shape, cel.NewValidator(shape, true, limits.PerCallLimit)}
	}
	return nil
}

// As when it is created. Unknown fields are no fault of its: they are dropped, or refused before, as the client asks.
func judge(text []byte, kinds map[schema.GroupVersionKind]served) []string {
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(text); err != nil {
		return []string{err.Error()}
	}
	kind, found := kinds[object.GroupVersionKind()]
	if !found {
		return []string{fmt.Sprintf("no definition of %v", object.GroupVersionKind())}
	}
	defaulting.Default(object.Object, kind.structural)
	faults := validation.ValidateCustomResource(nil, object.Object, kind.form)
	faults = append(faults, listtype.ValidateListSetsAndMaps(nil, kind.structural, object.Object)...)
	// Rules are asked only of what has the right form.
	if len(faults) == 0 && kind.rules != nil {
		broken, _ := kind.rules.Validate(context.Background(), nil, kind.structural, object.Object, nil, limits.RuntimeCELCostBudget)
		faults = append(faults, broken...)
	}
	return texts(faults)
}

func texts(faults field.ErrorList) []string {
	var said []string
	for _, fault := range faults {
		said = append(said, fault.Error())
	}
	return said
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
